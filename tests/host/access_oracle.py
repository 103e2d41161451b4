#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An oracle for access checks, written from the published rules ([MS-DTYP] 2.5.3.2, 2.5.3.3) and from nothing of the kernel's.

It prints cases with their answers, one a line, as numbers; test_access.c reads them and asks the kernel's code.  First every pair of two entries for a few
tokens and requests, then random ones with restricted tokens, labels, owner's rights, PRINCIPAL_SELF, object types.  The method is as different from the
kernel's as it can be: each right of each object type is decided on its own, by looking for the first entry that speaks of it.

A case:  subject: count, (sid, attributes)*; restricting: count, sid*; write-restricted; privileges; integrity; policy
         object: owner; entries or -1 for no DACL, (type, flags, mask, sid, object type or -1)*; label: level or -1, mask, flags; self or -1
         types: count, level*;  request;  answer: for each type (at least one): 0 granted / 1 denied / 2 privilege not held, rights
"""
import itertools
import random
import sys

ENABLED, DENY_ONLY = 4, 0x10
INHERIT_ONLY = 8
ALLOW, DENY, ALLOW_OBJECT, DENY_OBJECT, ALLOW_CALLBACK = 0, 1, 5, 6, 9
READ_CONTROL, WRITE_DAC, WRITE_OWNER, DELETE = 0x20000, 0x40000, 0x80000, 0x10000
SYSTEM_SECURITY, MAXIMUM = 0x01000000, 0x02000000
GENERIC_READ, GENERIC_WRITE, GENERIC_EXECUTE, GENERIC_ALL = 0x20001, 0x20002, 0x120004, 0x1F000F
SECURITY, TAKE_OWNERSHIP, RELABEL = 1 << 8, 1 << 9, 1 << 32
OWNER_RIGHTS, SELF = 6, 7
BITS = [1 << n for n in range(32)]


class Subject:
    def __init__(self, sids, restricting=(), write_restricted=0, privileges=0, level=0x2000, policy=1):
        self.sids, self.restricting, self.write_restricted = sids, restricting, write_restricted
        self.privileges, self.level, self.policy = privileges, level, policy

    def has(self, sid, deny, second):
        """SidInToken: the user always, a group if enabled; for denying also those that are for deny only.  The second look is at the restricting SIDs."""
        if second:
            return sid in self.restricting
        for place, (mine, attributes) in enumerate(self.sids):
            if mine == sid:
                if attributes & DENY_ONLY:
                    return deny
                return place == 0 or bool(attributes & ENABLED)
        return False


class Object:
    def __init__(self, owner, entries, label=None, self_sid=-1):
        self.owner, self.entries, self.label, self.self_sid = owner, entries, label, self_sid


def speaks_for(subject, obj, sid, deny, second):
    if sid == SELF:
        return obj.self_sid >= 0 and subject.has(obj.self_sid, deny, second)
    if sid == OWNER_RIGHTS:
        return subject.has(obj.owner, False, second)
    return subject.has(sid, deny, second)


def in_effect(entry):
    return not entry[1] & INHERIT_ONLY and entry[0] in (ALLOW, DENY, ALLOW_OBJECT, DENY_OBJECT)


def children(levels, node):
    for other in range(node + 1, len(levels)):
        if levels[other] <= levels[node]:
            return
        if levels[other] == levels[node] + 1:
            yield other


def below(levels, node):
    yield node
    for other in range(node + 1, len(levels)):
        if levels[other] <= levels[node]:
            return
        yield other


def parent(levels, node):
    return max(other for other in range(node) if levels[other] == levels[node] - 1)


def decide(subject, obj, levels, right, second):
    """{node: True or False} for one right; what nothing decides is False."""
    nodes = range(max(1, len(levels)))
    if obj.entries is None:
        return {node: True for node in nodes}
    if right in (READ_CONTROL, WRITE_DAC) and subject.has(obj.owner, False, second):
        if not any(in_effect(entry) and entry[3] == OWNER_RIGHTS for entry in obj.entries):
            return {node: True for node in nodes}
    answer = {}
    for entry in obj.entries:
        kind, _, mask, sid, of = entry
        deny = kind in (DENY, DENY_OBJECT)
        if not in_effect(entry) or not mask & right or not speaks_for(subject, obj, sid, deny, second):
            continue
        if of < 0:
            at = 0
        elif not levels:
            if not deny:
                continue
            at = 0
        elif of < len(levels):
            at = of
        else:
            continue
        for node in below(levels, at) if levels else [0]:
            answer.setdefault(node, not deny)
        while at != 0:
            at = parent(levels, at)
            if at in answer:
                break
            if deny:
                answer[at] = False
            elif all(answer.get(child) for child in children(levels, at)):
                answer[at] = True
            else:
                break
    return {node: answer.get(node, False) for node in nodes}


def mandatory(subject, obj):
    level, mask = obj.label if obj.label is not None else (0x2000, 1)
    if not subject.policy & 1 or subject.level >= level:
        return 0xFFFFFFFF
    allowed = SYSTEM_SECURITY | MAXIMUM
    for bit, rights in ((1, GENERIC_WRITE), (2, GENERIC_READ), (4, GENERIC_EXECUTE)):
        if not mask & bit:
            allowed |= rights
    if subject.privileges & RELABEL:
        allowed |= WRITE_OWNER
    return allowed


def check(subject, obj, levels, request):
    """[(0 granted / 1 denied / 2 privilege, rights)] for each node."""
    count = max(1, len(levels))
    allowed = mandatory(subject, obj)
    wanted, given = request & ~MAXIMUM, 0
    if wanted & ~allowed:
        return [(1, 0)] * count
    if wanted & SYSTEM_SECURITY:
        if not subject.privileges & SECURITY:
            return [(2, 0)] * count
        given |= SYSTEM_SECURITY
    if wanted & WRITE_OWNER and subject.privileges & TAKE_OWNERSHIP:
        given |= WRITE_OWNER
    open_ = wanted & ~given
    asked = (GENERIC_ALL | open_) & allowed & ~SYSTEM_SECURITY if request & MAXIMUM else open_
    second = GENERIC_WRITE & ~(GENERIC_READ | GENERIC_EXECUTE) | DELETE | WRITE_DAC | WRITE_OWNER if subject.write_restricted else 0xFFFFFFFF
    rights = [given] * count
    for right in BITS:
        if not asked & right:
            continue
        first_look = decide(subject, obj, levels, right, False)
        second_look = decide(subject, obj, levels, right, True) if subject.restricting and second & right else None
        for node in range(count):
            if first_look[node] and (second_look is None or second_look[node]):
                rights[node] |= right
    return [(1, 0) if open_ & ~got or not got else (0, got) for got in rights]


def emit(subject, obj, levels, request):
    line = [len(subject.sids)]
    for sid, attributes in subject.sids:
        line += [sid, attributes]
    line += [len(subject.restricting), *subject.restricting, subject.write_restricted, subject.privileges, subject.level, subject.policy, obj.owner]
    if obj.entries is None:
        line.append(-1)
    else:
        line.append(len(obj.entries))
        for entry in obj.entries:
            line += entry
    line += [-1, 0] if obj.label is None else list(obj.label)
    line += [obj.self_sid, len(levels), *levels, request]
    for answer in check(subject, obj, levels, request):
        line += answer
    sys.stdout.write(" ".join(map(str, line)) + "\n")


def exhaustive():
    subjects = [
        Subject([(0, 0), (1, ENABLED), (2, 0), (3, DENY_ONLY)]),
        Subject([(0, DENY_ONLY), (1, ENABLED), (2, ENABLED)]),
        Subject([(0, 0), (1, ENABLED), (2, ENABLED), (3, ENABLED)], restricting=(1, 3)),
        Subject([(5, 0), (1, ENABLED)]),  # the owner
    ]
    one = [(kind, flags, mask, sid, -1) for kind in (ALLOW, DENY) for flags in (0, INHERIT_ONLY)
           for mask in (1, 3, READ_CONTROL | 1) for sid in (0, 1, 2, 3, OWNER_RIGHTS, SELF)]
    requests = (1, 3, READ_CONTROL, MAXIMUM)
    for subject in subjects:
        for pair in itertools.product(one, repeat=2):
            emit(subject, Object(5, pair, self_sid=0), (), requests[(hash(pair) + len(subject.sids)) % len(requests)])
    for subject in subjects:
        for entry in one:
            for request in requests:
                emit(subject, Object(5, (entry,), self_sid=1), (), request)


def some(rng, count):
    masks = [1, 2, 4, 8, 3, 0xF, READ_CONTROL, WRITE_DAC, WRITE_OWNER, DELETE, 0x100000, GENERIC_READ, GENERIC_WRITE, GENERIC_ALL]
    trees = [(), (), (), (0,), (0, 1, 1), (0, 1, 2, 2, 1, 2), (0, 1, 2, 3, 4, 1), (0, 1, 1, 2, 2, 2)]
    for _ in range(count):
        sids = [(0, rng.choice((0, 0, 0, DENY_ONLY)))] + [(sid, rng.choice((0, ENABLED, ENABLED, DENY_ONLY))) for sid in range(1, rng.randint(1, 5))]
        if rng.random() < 0.2:
            sids[0] = (5, 0)
        restricting = tuple(rng.sample(range(6), rng.randint(1, 3))) if rng.random() < 0.3 else ()
        privileges = sum(rng.choice((0, 0, bit)) for bit in (SECURITY, TAKE_OWNERSHIP, RELABEL))
        subject = Subject(sids, restricting, int(bool(restricting) and rng.random() < 0.3), privileges, rng.choice((0x1000, 0x2000, 0x2000, 0x3000)),
                          rng.choice((1, 1, 1, 0)))
        levels = rng.choice(trees)
        entries = None if rng.random() < 0.03 else []
        for _ in range(rng.randint(0, 6) if entries is not None else 0):
            kind = rng.choice((ALLOW, ALLOW, ALLOW, DENY, DENY, ALLOW_OBJECT, DENY_OBJECT, ALLOW_CALLBACK))
            of = rng.choice((-1, *range(7))) if kind in (ALLOW_OBJECT, DENY_OBJECT) else -1
            mask = rng.choice(masks) | rng.choice(masks)
            entries.append((kind, rng.choice((0, 0, 0, 0, INHERIT_ONLY, 3)), mask, rng.randrange(8), of))
        label = (rng.choice((0x1000, 0x2000, 0x3000)), rng.randrange(8)) if rng.random() < 0.4 else None
        request = rng.choice(masks) | rng.choice(masks)
        request |= rng.choice((0, 0, 0, MAXIMUM, SYSTEM_SECURITY)) if rng.random() < 0.5 else 0
        if rng.random() < 0.2:
            request = MAXIMUM
        emit(subject, Object(rng.choice((5, 5, 0, 1, 2)), entries, label, rng.choice((-1, 0, 1, 3))), levels, request)


if __name__ == "__main__":
    exhaustive()
    some(random.Random(20), int(sys.argv[1]) if len(sys.argv) > 1 else 90000)
