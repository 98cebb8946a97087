"""Who works here: how they sign in, how long that holds, and what each role may do."""
