"""What a second reader is asked of a sentence that is in doubt: the prompt with its version, as it would be sent."""

from collections.abc import Iterator, Sequence

from rich.console import Console

from claims.engine.conversation import ClaimEngine
from claims.engine.explain import Explanation
from claims.law.texts import day_of
from claims.second_reader.answering import answer_schema
from claims.second_reader.asking import Material, question
from claims.second_reader.doubt import is_doubtful
from claims.second_reader.types import Question
from cluster.second_reader.types import SecondReaderConfig


def questions(explanation: Explanation, engine: ClaimEngine, config: SecondReaderConfig) -> Iterator[Question]:
    """The question about each claim that stands and is in doubt."""
    for one in explanation.scored:
        if not one.stands or not is_doubtful(one.finding, config.doubt, engine.policy):
            continue
        material = Material(
            finding=one.finding,
            passages=(explanation.passage,),
            passport=explanation.choice.passport,
            day=day_of(engine.at),
            sends=config.sends,
        )
        asked = question(material, engine.policy)
        if asked is not None:
            yield asked


def question_json(asked: Question) -> dict[str, object]:
    """The question as JSON values: prompt version, messages, and the schema of an answer."""
    return {
        "finding_id": asked.finding_id,
        "prompt": asked.prompt,
        "messages": asked.messages,
        "schema": answer_schema(asked),
        "speaks_to_machine": asked.speaks_to_machine,
    }


def print_questions(asked: Sequence[Question], console: Console) -> None:
    """Prints the messages of each question."""
    for one in asked:
        console.print(f"\nsecond reader  {one.prompt}", highlight=False, markup=False)
        if one.speaks_to_machine:
            console.print("the words speak to a machine: an answer would be shown and change nothing", highlight=False)
        for message in one.messages:
            console.print(f"[{message['role']}]\n{message['content']}", highlight=False, markup=False, soft_wrap=True)
