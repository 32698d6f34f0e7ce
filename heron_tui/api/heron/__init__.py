"""The API that the console of the Heron project reads (https://github.com/Netis/heron), below `/api`.

That console, built from its own source, runs against heron-tui unchanged (`serve --console DIR`). Its shapes are kept;
what it does not depend on is done as everywhere here: calls seen on several legs count once, wrong parameters are 400.
"""
