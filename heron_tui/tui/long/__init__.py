"""Text of any length, read and drawn only where it is looked at.

A document is a row of sections, each read when it comes near the screen; a section is made of paragraphs, a paragraph
of the lines that it is wrapped to. How many lines there are is known nowhere: places are (section, paragraph, line).
"""
