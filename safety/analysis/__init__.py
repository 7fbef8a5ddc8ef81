"""Proofs about a rule file: what no case can make it do.

The rules look at a case through a closed list of conditions, so that the cases fall into finitely many kinds.
``facets.py`` lists the parts of a case and their kinds of value, ``space.py`` tries every condition on every one of them
with the gate's own matcher, ``search.py`` finds a case in which given rules hold and given others do not, or shows that
there is none.  ``checks.py``, ``monotone.py`` and ``diff.py`` put the questions.  Nothing here runs in the gate's step.
"""
