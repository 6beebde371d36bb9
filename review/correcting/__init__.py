"""What a recogniser wrote down wrong, put right by a person: the claim is judged anew and the case follows."""
