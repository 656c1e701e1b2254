"""What is doubtful about the data before a fit and about a posterior after it, as findings.

Nothing is imported here, so that one half can be used without the other.
"""
