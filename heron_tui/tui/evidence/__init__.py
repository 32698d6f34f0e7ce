"""From a figure or a text to the packets and bytes that carried it.

`carried` puts one direction's packets in order, `framing` says which of their bytes are head and body of a message,
`wire` maps a range of a decoded body to captured bytes, `claims` says where in a body a figure stands.
"""
