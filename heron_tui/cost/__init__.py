"""What calls cost, and how much fits into a model's window: estimates from a dated table of list prices."""
