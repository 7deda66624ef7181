"""Infusion sessions: free slots, placing a visit, and a session's way through the clinic.

Booking a consultation is here too, as it looks at the patient's other visits.
"""
