"""Many pictures on the engines of others: Daft and Ray, from and to the object stores that obstore knows."""
