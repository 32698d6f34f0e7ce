"""What the wire showed, as plain records. No behaviour beyond small properties.

Times are integers in microseconds since the Unix epoch (`*_us`), durations integers in microseconds. Packet numbers
count from 1 in the order of the (merged) capture.
"""
