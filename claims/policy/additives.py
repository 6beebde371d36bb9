"""What 零添加 and the like deny, and by which ingredients of a list the denial is refuted."""

from claims.policy.schema import AdditivesFile


class AdditiveTable:
    """Look-ups over `additives.yaml`."""

    def __init__(self, file: AdditivesFile) -> None:
        self.file = file

    def denied(self, words: str) -> str:
        """What the words of a claim deny: 防腐剂, 糖, or additives of any kind."""
        stem = next((d for d in self.file.denials if d in words), self.file.otherwise)
        return self.file.same.get(stem, stem)

    def is_named_by(self, denial: str, ingredient: str) -> bool:
        """True if this entry of an ingredient list is the thing denied."""
        exactly = self.file.exactly.get(denial)
        if exactly is not None:
            return ingredient in exactly
        return any(part in ingredient.lower() for part in self.file.named_by.get(denial, (denial,)))
