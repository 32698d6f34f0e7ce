"""What was said in a call, whole: system prompt, tools, messages with all their parts, and the answer.

Stored bodies are read again with the decoders of `wire`, when somebody looks: records keep only what lists show. Front
rooms import this room; it knows the store and `wire` and nothing of them. `reading.Conversations` is the way in;
`forms` holds one file for each wire API.
"""
