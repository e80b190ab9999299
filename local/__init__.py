"""The development stack: an AWS emulator, the real template, and a stand-in for Supabase.

Never deployed. Nothing that is deployed imports it.
"""
