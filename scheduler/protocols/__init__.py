"""The patterns of series: how long a visit's parts take and how far apart sessions lie."""
