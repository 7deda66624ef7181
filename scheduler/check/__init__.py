"""Proves from the stored rows what can be proved of the invariants, without changing one."""
