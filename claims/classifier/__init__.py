"""What the reader is: which breach a passage most likely is, and how surely, learnt from labelled talk."""
