"""Narrowing rules down to those that an access could still match, one dimension of it at a time.

The bucket, what happened, the labels, the caller: each is shared by many accesses, falls into one of a few
classes, and settles some conditions. What a class leaves of all rules is worked out once and remembered as
a node, equal remainders being one node. So most records are done with after a few look-ups, whatever the
number of rules, and the rules that are left have lost the parts already known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from s3watch.detection import conditions
from s3watch.detection.conditions import JUNCTIONS, Test, leaves
from s3watch.detection.field_values import fold
from s3watch.detection.index.classes import Classes, Dimension, Glimpse
from s3watch.detection.index.key_index import Candidate, KeyTests, necessary_test
from s3watch.facts.access import Access
from s3watch.ruleset import Condition, Detection

FIXED = 3  # dimensions asked always, for the labels depend on them: bucket, event, labels

type Decide = Callable[[Condition], bool | None]


class Open(NamedTuple):
    """What is left of a detection: number, condition (None: it matches), dimensions that bear on it."""

    number: int
    condition: Condition | None
    dimensions: frozenset[int]


class Node:
    """What is left of all detections after some dimensions."""

    __slots__ = ("candidates", "children", "depth", "index", "key_tests", "opens", "told_by_glimpse")

    def __init__(self, opens: tuple[Open, ...], depth: int) -> None:
        self.opens = opens
        self.depth = depth  # the next dimension to ask
        self.children: dict[int, Node] = {}  # by class
        self.told_by_glimpse: Classes | None = None  # what to ask next, where a glimpse tells the answer
        self.index: Index | None = None
        self.candidates: list[Candidate] | None = None
        self.key_tests: KeyTests | None = None


class Index:
    """Opens by the texts that a field must have for them to match; the rest match whatever it is."""

    def __init__(self, opens: Iterable[Open], fields: frozenset[str]) -> None:
        self._by_text: dict[str, list[Open]] = {}
        self._rest: list[Open] = []
        for each in opens:
            texts = necessary_texts(each.condition, fields) if each.condition and fields else None
            for text in texts or ():
                self._by_text.setdefault(text, []).append(each)
            if texts is None:
                self._rest.append(each)

    def of(self, texts: Collection[str]) -> list[Open]:
        """Give the opens that could match where the fields have these texts, in the detections' order."""
        found = {each.number: each for text in texts for each in self._by_text.get(text, ())}
        return sorted([*self._rest, *found.values()]) if found else self._rest


class Tree:
    """The nodes of a rule set, grown as accesses come."""

    def __init__(self, detections: Iterable[Detection], dimensions: tuple[Dimension, ...]) -> None:
        self._detections = tuple(detections)
        self._dimensions = dimensions
        self._tests: dict[int, Test] = {}
        self._opens: dict[tuple[int, Condition | None], Open] = {}
        self._nodes: dict[tuple[int, ...], Node] = {}
        everything = [self._open(number, each.condition) for number, each in enumerate(self._detections)]
        self.classes = [Classes(each, self._decide, self._leaves_of(each)) for each in dimensions]
        self.root = self._node(everything, 0)

    @property
    def size(self) -> int:
        """How many nodes there are by now."""
        return len(self._nodes)

    def child(self, node: Node, access: Access) -> Node:
        """Give the node that an access leads to from this one."""
        number = self.classes[node.depth].of(access)
        return node.children.get(number) or node.children.setdefault(number, self._grow(node, access))

    def go_on(self, node: Node, glimpse: Glimpse) -> Node:
        """Give the node an access leads to, as far as a glimpse tells what is remembered."""
        try:
            while classes := node.told_by_glimpse:
                node = node.children[classes.by_key[classes.read(glimpse)]]
        except KeyError:  # not known yet
            pass
        return node

    def last(self, node: Node, access: Access) -> Node:
        """Give the node that an access ends at, going on from this one."""
        while node.opens and node.depth < len(self._dimensions):
            node = self.child(node, access)
        return node

    def candidates(self, node: Node, key: str | None = None) -> Sequence[Candidate]:
        """Give what is left to be tested at a node; with the object's key, only what this leaves standing."""
        if node.candidates is None:
            node.candidates = [self._candidate(each) for each in node.opens]
            pairs = zip(node.candidates, (each.condition for each in node.opens), strict=True)
            node.key_tests = KeyTests(pairs) if any(each.key_test for each in node.candidates) else None
        return node.key_tests.of(key) if key and node.key_tests else node.candidates

    def _candidate(self, each: Open) -> Candidate:
        detection, condition = self._detections[each.number], each.condition
        if condition is None:
            return Candidate(each.number, detection, None, None)
        test = self._test(condition)
        broken = isinstance(test, partial)
        return Candidate(each.number, detection, test, None if broken else necessary_test(condition))

    def _leaves_of(self, dimension: Dimension) -> list[Condition]:
        every = (leaf for each in self._detections for leaf in leaves(each.condition))
        return list(dict.fromkeys(leaf for leaf in every if dimension.bears_on(leaf)))

    def _test(self, condition: Condition) -> Test:
        """Compile a condition once; conditions live as long as the tree, so their id() is theirs alone."""
        test = self._tests.get(id(condition))
        if test is None:
            test = self._tests[id(condition)] = _compile(condition)
        return test

    def _decide(self, dimension: Dimension, access: Access, leaf: Condition) -> bool | None:
        """Try a condition that a dimension settles; None where it does not, or where trying it fails."""
        if not dimension.decides(leaf, access):
            return None
        try:
            return self._test(leaf)(access)
        except Exception:  # noqa: BLE001  # it fails again where failures are reported
            return None

    def _grow(self, node: Node, access: Access) -> Node:
        dimension = self._dimensions[node.depth]
        if node.index is None:
            node.index = Index(node.opens, dimension.indexed)
        texts = dimension.texts(access)
        opens = node.opens if texts is None else node.index.of(texts)
        decide = partial(self._decide, dimension, access)
        left = (self._narrow(each, decide) if node.depth in each.dimensions else each for each in opens)
        return self._node([each for each in left if each], node.depth + 1)

    def _narrow(self, each: Open, decide: Decide) -> Open | None:
        left = each.condition and reduce(each.condition, decide)
        return None if left is False else self._open(each.number, None if left is True else left)

    def _open(self, number: int, condition: Condition | None) -> Open:
        """Keep equal remainders once, so that equal nodes are found by the identity of what they hold."""
        kept = self._opens.get((number, condition))
        if kept is None:
            read = list(leaves(condition)) if condition else []
            bearing = (at for at, each in enumerate(self._dimensions) if any(map(each.bears_on, read)))
            kept = self._opens[number, condition] = Open(number, condition, frozenset(bearing))
        return kept

    def _node(self, opens: Collection[Open], depth: int) -> Node:
        """Give the node that holds these opens; dimensions that bear on none of them are not asked."""
        bearing = frozenset().union(*(each.dimensions for each in opens))
        while FIXED <= depth < len(self._dimensions) and depth not in bearing:
            depth += 1
        key = (depth, *map(id, opens))
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node(tuple(opens), depth)
            if opens and depth < len(self.classes) and self._dimensions[depth].read:
                node.told_by_glimpse = self.classes[depth]
        return node


def _compile(condition: Condition) -> Test:
    """Compile a condition; one that can not be compiled fails like one that can not be tested."""
    try:
        return conditions.compile(condition)
    except Exception as error:  # noqa: BLE001  # the matcher reports it, record by record
        return partial(_fail, error)


def _fail(error: Exception, _access: Access) -> bool:
    raise error


def is_narrowed(condition: Condition, dimension: Dimension) -> bool:
    """Tell whether some value of a dimension could rule a condition out."""

    def suppose(truth: bool, leaf: Condition) -> bool | None:
        return truth if dimension.bears_on(leaf) else None

    return any(reduce(condition, partial(suppose, truth)) is False for truth in (False, True))


def reduce(condition: Condition, decide: Decide) -> Condition | bool:
    """Simplify a condition by the truth of some of its parts; True or False where they decide it."""
    if condition.op not in JUNCTIONS:
        decided = decide(condition)
        return condition if decided is None else decided
    if condition.op == "not":
        left = reduce(condition.of[0], decide)
        return not left if isinstance(left, bool) else replace(condition, of=(left,))
    ends = condition.op == "or"  # `or` ends at the first True, `and` at the first False
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


def necessary_texts(condition: Condition, fields: frozenset[str]) -> frozenset[str] | None:
    """Give the folded texts of which one must stand in a field for a match; None: no such texts."""
    if condition.op == "eq" and condition.field in fields:
        return frozenset(map(fold, condition.values))
    parts = [necessary_texts(part, fields) for part in condition.of]
    if condition.op == "and":
        return min(filter(None, parts), key=len, default=None)
    if condition.op == "or" and parts and None not in parts:
        return frozenset().union(*filter(None, parts))
    return None
