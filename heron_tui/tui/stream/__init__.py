"""Follow stream: what the two sides of a connection, or of one exchange, said to each other, in several forms.

`scope` says what is followed, `forms` makes the sections of each form, `decoded`, `told` and `captured` read them,
`carriers` finds the packet behind a line.
"""
