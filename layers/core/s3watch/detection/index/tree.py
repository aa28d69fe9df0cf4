"""A decision tree that narrows rules down to those that an access could match, one dimension at a time.

Bucket, event, labels, caller: each dimension is shared by many accesses, its values fall into a few classes,
and each class decides some conditions. What a class leaves of all rules is computed once and remembered as a
node; equal remainders share one node. Most records are therefore finished after a few lookups, however many
rules there are, and only the undecided parts of the remaining rules are tested.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from s3watch.detection import conditions
from s3watch.detection.conditions import LOGICAL, Test, leaves
from s3watch.detection.field_values import fold
from s3watch.detection.index.classes import Classes, Dimension, Preview
from s3watch.detection.index.key_index import Candidate, KeyIndex, required_key_test
from s3watch.facts.access import Access
from s3watch.ruleset import Condition, Detection

MAX_NARROWED = 50_000  # remembered outcomes, of some 250 bytes: a thousand rules on buckets have 4,000
FIXED = 3  # dimensions that are never skipped, because the lookups need them: bucket, event, labels

type Decide = Callable[[Condition], bool | None]


class Remainder(NamedTuple):
    """What is left of a detection once some dimensions are known."""

    number: int
    condition: Condition | None  # None: it matches
    dimensions: frozenset[int]  # those that affect the condition


class Node:
    """What is left of all detections after some dimensions are known."""

    __slots__ = (
        "candidates",
        "children",
        "depth",
        "index",
        "key_index",
        "key_screen",
        "next_by_preview",
        "remaining",
    )

    def __init__(self, remaining: tuple[Remainder, ...], depth: int) -> None:
        self.remaining = remaining
        self.depth = depth  # index of the next dimension
        self.children: dict[int, Node] = {}  # by class
        self.next_by_preview: Classes | None = None  # the next classes, if a preview can tell the class
        self.key_screen: KeyIndex | None = None  # the same as key_index, if nothing is left but by the key
        self.index: TextIndex | None = None
        self.candidates: list[Candidate] | None = None
        self.key_index: KeyIndex | None = None


class TextIndex:
    """Remainders by the texts of which a field must have one for them to match."""

    def __init__(self, remaining: Iterable[Remainder], fields: frozenset[str]) -> None:
        self._by_text: dict[str, list[Remainder]] = {}
        self._rest: list[Remainder] = []
        for each in remaining:
            texts = required_texts(each.condition, fields) if each.condition and fields else None
            for text in texts or ():
                self._by_text.setdefault(text, []).append(each)
            if texts is None:  # any text could match
                self._rest.append(each)

    def of(self, texts: Collection[str]) -> list[Remainder]:
        """Return the remainders that could match if the fields have these texts, in the detections' order."""
        found = {each.number: each for text in texts for each in self._by_text.get(text, ())}
        return sorted([*self._rest, *found.values()]) if found else self._rest


class Tree:
    """The nodes of a rule set, created as accesses arrive."""

    def __init__(self, detections: Iterable[Detection], dimensions: tuple[Dimension, ...]) -> None:
        self._detections = tuple(detections)
        self._dimensions = dimensions
        self._tests: dict[int, Test] = {}
        self._remainders: dict[tuple[int, Condition | None], Remainder] = {}
        self._nodes: dict[tuple[int, ...], Node] = {}
        # by the id() of what is narrowed, which lives as long as the tree, the dimension and its class
        self._narrowed: dict[tuple[int, int, int], Remainder | None] = {}
        every = dict.fromkeys(leaf for each in self._detections for leaf in leaves(each.condition))
        self._affecting = {leaf: _affecting(dimensions, leaf) for leaf in every}
        self.classes = [
            Classes(each, self._decide, [leaf for leaf, known in self._affecting.items() if at in known])
            for at, each in enumerate(dimensions)
        ]
        possible = ((number, reduce(each.condition, _leave)) for number, each in enumerate(self._detections))
        everything = [self._remainder(number, _told(left)) for number, left in possible if left is not False]
        self.root = self._node(everything, 0)

    @property
    def size(self) -> int:
        """The number of nodes so far."""
        return len(self._nodes)

    def child(self, node: Node, access: Access) -> Node:
        """Return the child node that an access leads to."""
        number = self.classes[node.depth].of(access)
        return node.children.get(number) or node.children.setdefault(number, self._grow(node, number, access))

    def follow(self, node: Node, preview: Preview) -> Node:
        """Return the node that an access leads to, as far as a preview tells classes that are remembered."""
        try:
            while classes := node.next_by_preview:
                key = classes.read_preview(preview)
                number = classes.by_key.get(key)
                if number is None:
                    number = classes.recall(key, preview[0])
                node = node.children[number]
        except KeyError:  # the class or the node is not known yet
            pass
        return node

    def descend(self, node: Node, access: Access) -> Node:
        """Return the last node that an access leads to from this one."""
        while node.remaining and node.depth < len(self._dimensions):
            node = self.child(node, access)
        return node

    def candidates(self, node: Node, key: str | None = None) -> Sequence[Candidate]:
        """Return what is left to test at a node; with an object's key, only what that does not rule out."""
        if node.candidates is None:
            node.candidates = [self._candidate(each) for each in node.remaining]
            pairs = zip(node.candidates, (each.condition for each in node.remaining), strict=True)
            node.key_index = KeyIndex(pairs) if any(each.key_test for each in node.candidates) else None
        return node.key_index.of(key) if key and node.key_index else node.candidates

    def _candidate(self, each: Remainder) -> Candidate:
        detection, condition = self._detections[each.number], each.condition
        if condition is None:
            return Candidate(each.number, detection, None, None)
        test = self._test(condition)
        broken = isinstance(test, partial)
        return Candidate(each.number, detection, test, None if broken else required_key_test(condition))

    def _test(self, condition: Condition) -> Test:
        """Compile a condition once; conditions live as long as the tree, so that their id() is unique."""
        test = self._tests.get(id(condition))
        if test is None:
            test = self._tests[id(condition)] = _compile(condition)
        return test

    def _decide(
        self, dimension: Dimension, undetermined: frozenset[str], access: Access, leaf: Condition
    ) -> bool | None:
        """Return the outcome of a leaf that a dimension determines, else None, also if the test raises."""
        if not dimension.decides(leaf, undetermined):
            return None
        try:
            return self._test(leaf)(access)
        except Exception:  # noqa: BLE001  # it fails again in the matcher, which reports it
            return None

    def _grow(self, node: Node, number: int, access: Access) -> Node:
        dimension = self._dimensions[node.depth]
        if node.index is None:
            node.index = TextIndex(node.remaining, dimension.indexed)
        texts = dimension.texts(access)
        remaining = node.remaining if texts is None else node.index.of(texts)
        decide = partial(self._decide, dimension, dimension.undetermined(access), access)
        if len(self._narrowed) > MAX_NARROWED:
            self._narrowed.clear()
        left = (
            self._narrow(each, (node.depth, number), decide) if node.depth in each.dimensions else each
            for each in remaining
        )
        return self._node([each for each in left if each], node.depth + 1)

    def _narrow(self, each: Remainder, known: tuple[int, int], decide: Decide) -> Remainder | None:
        """Return what a class of a dimension leaves, which is remembered: it is the same at every node."""
        key = (id(each), *known)
        if key not in self._narrowed:
            left = each.condition and reduce(each.condition, decide)
            self._narrowed[key] = None if left is False else self._remainder(each.number, _told(left))
        return self._narrowed[key]

    def _remainder(self, number: int, condition: Condition | None) -> Remainder:
        """Return the one object for equal remainders, so that equal nodes are found by their ids."""
        kept = self._remainders.get((number, condition))
        if kept is None:
            read = leaves(condition) if condition else ()
            affecting = frozenset[int]().union(*(self._affecting[leaf] for leaf in read))
            kept = self._remainders[number, condition] = Remainder(number, condition, affecting)
        return kept

    def _node(self, remaining: Collection[Remainder], depth: int) -> Node:
        """Return the node of these remainders; dimensions that affect none of them are skipped."""
        affecting = frozenset().union(*(each.dimensions for each in remaining))
        while FIXED <= depth < len(self._dimensions) and depth not in affecting:
            depth += 1
        key = (depth, *map(id, remaining))
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node(tuple(remaining), depth)
            if remaining and depth < len(self.classes) and self._dimensions[depth].read_preview:
                node.next_by_preview = self.classes[depth]
            if remaining and depth >= FIXED and all(self._candidate(each).key_test for each in remaining):
                self.candidates(node)
                node.key_screen = node.key_index
        return node


def _affecting(dimensions: Iterable[Dimension], leaf: Condition) -> frozenset[int]:
    return frozenset(at for at, each in enumerate(dimensions) if each.affects(leaf))


def _compile(condition: Condition) -> Test:
    """Compile a condition; one that can not be compiled becomes a test that raises the error."""
    try:
        return conditions.compile(condition)
    except Exception as error:  # noqa: BLE001  # the matcher reports it for each record
        return partial(_fail, error)


def _fail(error: Exception, _access: Access) -> bool:
    raise error


def is_narrowed(condition: Condition, dimension: Dimension) -> bool:
    """Return whether some value of a dimension could make a condition False."""

    def suppose(truth: bool, leaf: Condition) -> bool | None:
        return truth if dimension.affects(leaf) else None

    return any(reduce(condition, partial(suppose, truth)) is False for truth in (False, True))


def reduce(condition: Condition, decide: Decide) -> Condition | bool:
    """Simplify a condition by the outcomes of some of its leaves; return a bool if they decide it."""
    if condition.op not in LOGICAL:
        decided = decide(condition)
        return condition if decided is None else decided
    if condition.op == "not":
        left = reduce(condition.of[0], decide)
        return not left if isinstance(left, bool) else replace(condition, of=(left,))
    ends = condition.op == "or"  # `or` is decided by the first True, `and` by the first False
    parts: list[Condition] = []
    for part in condition.of:
        left = reduce(part, decide)
        if left is ends:
            return ends
        if not isinstance(left, bool):
            parts.append(left)
    if not parts:
        return not ends
    return parts[0] if len(parts) == 1 else replace(condition, of=tuple(parts))


def _leave(_leaf: Condition) -> None:
    """Decide no leaf: what `reduce` settles all the same is so of every access, as a correlation is false."""


def _told(left: Condition | bool | None) -> Condition | None:
    return None if isinstance(left, bool) else left


def required_texts(condition: Condition, fields: frozenset[str]) -> frozenset[str] | None:
    """Return the folded texts of which a field must have one to match; None if any text could match."""
    if condition.op == "eq" and condition.field in fields:
        return frozenset(map(fold, condition.values))
    parts = [required_texts(part, fields) for part in condition.of]
    if condition.op == "and":
        return min(filter(None, parts), key=len, default=None)
    if condition.op == "or" and parts and None not in parts:
        return frozenset().union(*filter(None, parts))
    return None
