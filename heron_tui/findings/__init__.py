"""What is wrong, and where it shows: one small file for each kind of cause, put together by `watch`."""
