"""Writers: a Document in, the bytes of one format out."""
