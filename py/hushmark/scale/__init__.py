"""Very many pictures on Daft or Ray, from and to the object stores that obstore supports."""
