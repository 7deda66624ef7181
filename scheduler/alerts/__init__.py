"""A patient may be in danger: raised with the answer, told until somebody hears, then closed."""
