"""Materials and their kinds: 头层牛皮 is cowhide is leather; PU is not."""

from claims.policy.schema import MaterialsFile
from claims.policy.words import Words


class MaterialTable:
    """Answers whether one material is a kind of another."""

    def __init__(self, file: MaterialsFile, single: Words) -> None:
        """`single`: words of one character that mean a material wherever they stand."""
        self._single = single
        self._id_of: dict[str, str] = {}
        self._parents: dict[str, tuple[str, ...]] = {}
        for material in file.materials:
            self._parents[material.id] = material.of
            for word in material.words:
                self._id_of.setdefault(word.lower(), material.id)
        self._by_length = sorted(self._id_of, key=len, reverse=True)

    @property
    def words(self) -> frozenset[str]:
        """Every word that means a material."""
        return frozenset(word for word in self._id_of if len(word) > 1 or word in self._single)

    def identify(self, name: str) -> str | None:
        """The material that a passport's or host's name means: the longest known word in it, or None."""
        lowered = name.lower()
        exact = self._id_of.get(lowered)
        if exact:
            return exact
        return next((self._id_of[word] for word in self._by_length if len(word) > 1 and word in lowered), None)

    def names_of(self, material: str) -> tuple[str, ...]:
        """Every word for the material itself, as they are listed."""
        return tuple(word for word, found in self._id_of.items() if found == material)

    def is_kind_of(self, material: str, kind: str) -> bool:
        """True if `material` is `kind` or descends from it."""
        if material == kind:
            return True
        return any(self.is_kind_of(parent, kind) for parent in self._parents.get(material, ()))

    def related(self, one: str, other: str) -> bool:
        """True if either is a kind of the other, so that neither contradicts the other."""
        return self.is_kind_of(one, other) or self.is_kind_of(other, one)
