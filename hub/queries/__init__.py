"""The read side: plain SQL into rows that GraphQL and the pages show as they are.

Every function takes the connection to read with, and answers for however many things it is asked
about with one statement. Lists come in pages by keyset, never by offset.
"""
