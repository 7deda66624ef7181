"""Weekly series: the order, the plan, and booking all of it or nothing."""
