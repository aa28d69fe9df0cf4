"""Reads Sigma correlations: checks them, parses them with pySigma, and lowers them to Detections that count.

What they refer to is found when all rules have been read: a rule by its file's name, its `name` or its `id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Any, cast, get_args

from msgspec.structs import replace
from s3watch.correlation import Correlation, CorrelationType
from s3watch.ruleset import Condition, Detection
from sigma.correlations import (
    SigmaCorrelationCondition,
    SigmaCorrelationConditionOperator,
    SigmaCorrelationRule,
)
from sigma.exceptions import SigmaError

from s3watch_cli.rules.diagnostics import suggest
from s3watch_cli.rules.entries import Entry

TYPES = get_args(CorrelationType)
OF_FIELDS = ("value_count", "value_sum")
OF_RULES = ("temporal", "temporal_ordered")
KEYS = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate")
MOST_RULES = 100  # that one correlation names: more than a pack has
SHORTEST, LONGEST = 60, 7 * 86400  # seconds: records come within minutes, and the ledger keeps 15 days
NEVER = Condition("or")  # of a single access
AT = ("correlation",)
GTE, GT = SigmaCorrelationConditionOperator.GTE, SigmaCorrelationConditionOperator.GT
_SEVERAL = "write `rules:` and at least two of them"


type Read = tuple[SigmaCorrelationRule, Correlation]


def read_correlation(top: Entry, written: dict[str, Any]) -> Read | None:
    """Read the correlation of a rule, None if it has mistakes; `written` is what pySigma reads of it."""
    found = top.value["correlation"]
    if not isinstance(found, dict):
        top.refuse(
            AT, "`correlation` is not a mapping", "write `correlation:` with type, rules, timespan, ..."
        )
        return None
    before = len(top.diagnostics.mistakes)
    Entry(top.document, top.diagnostics, (*top.place, *AT), found).check_keys(*KEYS)
    if found.get("type") not in TYPES:
        top.refuse((*AT, "type"), f"correlations of type `{found.get('type')}` are not supported",
                   f"write one of {', '.join(TYPES)}")  # fmt: skip
    _check_texts(top, found)
    if "detection" in top.value or "logsource" in top.value:
        top.refuse((), "a correlation has no searches of its own", "move `detection` to a rule that it names")
    if len(top.diagnostics.mistakes) > before:
        return None
    try:
        rule = SigmaCorrelationRule.from_dict(written)
    except SigmaError as error:
        top.refuse(AT, str(error).rstrip("."), "write it as docs/rules.md says, under Correlations")
        return None
    correlation = _lower(rule, top)
    return (rule, correlation) if len(top.diagnostics.mistakes) == before else None


def _check_texts(top: Entry, found: dict[str, Any]) -> None:
    """Report whatever is no text where a name is expected, which pySigma takes as it is."""
    condition = found.get("condition")
    field = condition.get("field") if isinstance(condition, dict) else None
    aliases = found.get("aliases")
    for key, names in (
        ("rules", _listed(found.get("rules"))),
        ("group-by", _listed(found.get("group-by"))),
        ("condition", _listed(field) if field is not None else []),
        ("aliases", _names_of(aliases) if aliases is not None else []),
    ):
        for name in names:
            if not isinstance(name, str) or not name.strip():
                top.refuse((*AT, key), f"{name!r} is not a name", "write a text")
    for op in ("gte", "gt"):
        if isinstance(condition, dict) and isinstance(condition.get(op), bool):
            top.refuse((*AT, "condition"), f"`{op}` is not a number", "write how many it takes")
    if isinstance(found.get("rules"), list) and not 1 <= len(found["rules"]) <= MOST_RULES:
        top.refuse((*AT, "rules"), f"{len(found['rules'])} rules", f"name 1 to {MOST_RULES} of them")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _names_of(aliases: Any) -> list[Any]:
    """Return all names in aliases; what has another form is one that is none."""
    if not isinstance(aliases, dict) or not all(isinstance(each, dict) for each in aliases.values()):
        return [aliases]
    return [*aliases, *(name for each in aliases.values() for pair in each.items() for name in pair)]


def _lower(rule: SigmaCorrelationRule, top: Entry) -> Correlation:
    """Lower a correlation whose rules are still named as it names them; reports what cannot be done."""
    kind = cast("CorrelationType", rule.type.name.lower())
    rules = tuple(each.reference for each in rule.rules or ())
    if not SHORTEST <= rule.timespan.seconds <= LONGEST:
        top.refuse((*AT, "timespan"), f"`{rule.timespan.spec}` is not from a minute to 7 days",
                   "write 10m, 1h, 1d, ...")  # fmt: skip
    least, field = _read_condition(rule, kind, top)
    return Correlation(
        type=kind, rules=rules, timespan=rule.timespan.seconds, least=least, field=field,
        group_by=tuple(rule.group_by or ()),
        aliases=tuple(
            (each.alias, of.reference, name) for each in rule.aliases for of, name in each.mapping.items()
        ),
    )  # fmt: skip


def _read_condition(rule: SigmaCorrelationRule, kind: str, top: Entry) -> tuple[int, str]:
    """Return how much it takes, and of which field."""
    condition, place = rule.condition, (*AT, "condition")
    if not isinstance(condition, SigmaCorrelationCondition):
        top.refuse(
            place, "conditions over rules are not supported", "write a correlation for each alternative"
        )
        return 1, ""
    if condition.op not in (GTE, GT):
        top.refuse(place, f"`{condition.op.name.lower()}` cannot be told before the time span is over",
                   "write `gte` or `gt`")  # fmt: skip
        return 1, ""
    least = ceil(condition.count) if condition.op == GTE else floor(condition.count) + 1
    if least < 1:
        top.refuse(place, f"{condition.count} is too few or too many", "write how many it takes")
    if (kind in OF_FIELDS) != isinstance(condition.fieldref, str):
        top.refuse(place, "one field is counted by `value_count` and `value_sum`, and none by others",
                   "write `{field: s3.key, gte: 100}` for these")  # fmt: skip
    return least, str(condition.fieldref or "")


def resolve(rules: Sequence[Detection], names: Sequence[tuple[Detection, Entry]]) -> tuple[Detection, ...]:
    """Return the rules with what correlations refer to by name, and those that are signals only.

    `names` are the documents of all of them. Mistakes go to the diagnostics of these.
    """
    known = _by_reference(names)
    resolved = {one.rule: _resolve(one, top, known) for one, top in names if one.correlation}
    by_rule = {one.rule: one for one in resolved.values()}
    for one, top in names:
        if one.rule in by_rule:
            _check_nesting(by_rule[one.rule], top, by_rule)
    signals = {
        rule
        for one, top in names
        if one.correlation and top.value["correlation"].get("generate") is False
        for rule in (by_rule[one.rule].correlation or one.correlation).rules
    }
    return tuple(
        replace(resolved.get(one.rule, one), is_signal=one.is_signal or one.rule in signals) for one in rules
    )


def _by_reference(names: Sequence[tuple[Detection, Entry]]) -> dict[str, str]:
    """Return the rules by all that they may be called."""
    known = {one.rule: one.rule for one, _ in names}  # the file's name is the one that counts
    for one, top in names:
        for key in ("name", "id"):
            reference = top.value.get(key)
            if reference and known.setdefault(str(reference), one.rule) != one.rule:
                top.refuse((key,), f"`{reference}` is also what {known[str(reference)]} is called",
                           "give each rule its own")  # fmt: skip
    return known


def _resolve(one: Detection, top: Entry, known: dict[str, str]) -> Detection:
    correlation = one.correlation
    if correlation is None:
        return one
    for reference in (*correlation.rules, *(of for _, of, _ in correlation.aliases)):
        if reference not in known:
            top.refuse((*AT, "rules"), f"no rule is named `{reference}`", suggest(reference, known))
    rules = tuple(dict.fromkeys(known.get(reference, reference) for reference in correlation.rules))
    _check_rules(correlation, rules, top)
    aliases = tuple((alias, known.get(of, of), name) for alias, of, name in correlation.aliases)
    for alias in {name for name, _, _ in aliases}:
        if missing := set(rules) - {of for name, of, _ in aliases if name == alias}:
            top.refuse((*AT, "aliases"), f"`{alias}` is not said for {', '.join(sorted(missing))}",
                       "say for each rule which field it is")  # fmt: skip
    return replace(one, correlation=replace(correlation, rules=rules, aliases=aliases))


def _check_rules(correlation: Correlation, rules: Sequence[str], top: Entry) -> None:
    """Report a correlation of rules that come together which has one only, or wants more than it has."""
    if correlation.type not in OF_RULES:
        return
    if len(rules) < 2:
        top.refuse((*AT, "rules"), "one rule alone cannot come together with another", _SEVERAL)
    elif correlation.least > len(rules):
        top.refuse(
            (*AT, "condition"), f"{correlation.least} of {len(rules)} rules", "write how many it takes"
        )


def _check_nesting(one: Detection, top: Entry, correlations: dict[str, Detection]) -> None:
    """Report correlations of correlations of correlations, and groups that an inner one does not know."""
    outer = one.correlation
    for rule in outer.rules if outer else ():
        inner = correlations[rule].correlation if rule in correlations else None
        if outer is None or inner is None:
            continue
        if any(each in correlations for each in inner.rules):
            top.refuse((*AT, "rules"), f"`{rule}` counts correlations itself",
                       "name what it counts: correlations can be nested once")  # fmt: skip
        wanted = {outer.field_of(name, rule) for name in (*outer.group_by, *filter(None, [outer.field]))}
        if missing := sorted(wanted - set(inner.group_by)):
            top.refuse((*AT, "group-by"), f"`{rule}` is not grouped by {', '.join(missing)}",
                       "group both by the same fields")  # fmt: skip
