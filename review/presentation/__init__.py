"""How findings, times and terms are worded, in Chinese and in English, for pages, paper and packs alike.

May import `streams`. No web framework: which language a request asks for is the server's.
"""
