"""A function in the customer's account: custom processing without foreign code in this process."""
