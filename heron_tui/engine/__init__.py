import os

# No linear algebra is done here: NumPy's threads for it would only cost time at the start, and memory.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
