"""A believable clinic in Phoenix, made by the product's own actions in a time gone by."""

from scheduler.demo.clinic import Made, load, make

__all__ = ["Made", "load", "make"]
