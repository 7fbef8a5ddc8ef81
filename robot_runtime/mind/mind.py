"""The mind: what people say becomes plans, plans become gated actions, and what happened is told."""

from __future__ import annotations

from dataclasses import replace

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.act.speaking import TELLING
from robot_runtime.language.language import language_of
from robot_runtime.messages import ActionVerdict, Forgotten, SpeechState, Utterance
from robot_runtime.mind.attention import Attention
from robot_runtime.mind.conversation import Conversation, Turn
from robot_runtime.mind.deliberation import Deliberation
from robot_runtime.mind.dialogue import Clarification, CutShort, NotUnderstood, Offers
from robot_runtime.mind.doubt import Doubt
from robot_runtime.mind.executive import Executive, Resumed
from robot_runtime.mind.forgetting import Forgetting
from robot_runtime.mind.gaze import Gaze
from robot_runtime.mind.giving_up import GivingUp, objects
from robot_runtime.mind.known import Known
from robot_runtime.mind.manner import MannerTalk
from robot_runtime.mind.menu import menu_of
from robot_runtime.mind.plan_document import tasks
from robot_runtime.mind.planner import Answer, Request, published, said
from robot_runtime.mind.planners import PLANNERS
from robot_runtime.mind.portions import Portions
from robot_runtime.mind.rearm import Rearm
from robot_runtime.mind.recall import QUESTIONS
from robot_runtime.mind.reminders import Reminders
from robot_runtime.mind.sentences.book import languages, load_sentences
from robot_runtime.mind.services import Services
from robot_runtime.mind.settings import MindConfig
from robot_runtime.mind.why import WHAT_DONE, WHY, Reasons
from robot_runtime.mind.wording import Wording
from robot_runtime.social.requests import manner_intent
from robot_runtime.stage import Inbox, Outbox, news
from robot_runtime.world.reference import References
from robot_runtime.world.semantic_map import SemanticMap, load_semantic_map
from robot_runtime.world.situation import Situation
from safety.ontology import Ontology

SPEAK = {f"speak_{language}": language for language in languages()}
"""Intents that ask for another language.  They disturb nothing that is being done, and anybody may ask."""


class Mind:
    """Dialogue, planner and executive behind one step."""

    Config = MindConfig

    def __init__(self, config: MindConfig) -> None:
        self._config = config
        self._catalogue = load_catalogue()
        self._site = load_semantic_map(config.site)
        self._references = References(Ontology.load(config.ontology_file))
        self._book = load_sentences(config.language)
        self.reset()

    def reset(self) -> None:
        situation = Situation()
        wording = Wording(self._book, situation)
        self._services = Services(self._config, self._catalogue, self._site, self._references, situation, wording)
        self._known = Known(self._catalogue, self._site, self._references, wording, situation, self._config.known_confidence)
        self._deliberation = Deliberation(self._services, PLANNERS[self._config.planner_backend](self._known, self._config.vlm))
        self._conversation = Conversation()
        self._reasons = Reasons(self._services)
        self._attention = Attention(self._services)
        self._gaze = Gaze(self._services)
        self._executive = Executive(self._services, make_way=self._keep_still)
        self._clarification = Clarification(self._services)
        self._offers = Offers(self._services)
        self._doubt = Doubt(self._services)
        self._portions = Portions(self._services)
        self._cut_short = CutShort(self._services)
        self._not_understood = NotUnderstood(self._services)
        self._forgetting = Forgetting(self._services)
        self._reminders = Reminders(self._services)
        self._rearm = Rearm(self._services)
        self._manner = MannerTalk(self._services)
        self._plans = 0
        self._stopped = False  # whether a stop was latched at the last step

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        self._services.situation.update(inbox, now_s)
        for verdict in news(inbox, "action/verdict", ActionVerdict):
            self._executive.hear(verdict)
            self._reasons.hear(verdict)
            self._attention.hear(verdict)
            self._gaze.hear(verdict)
        self._attention.listen(inbox)
        self._gaze.listen(inbox)
        for state in news(inbox, "speech/state", SpeechState):
            self._cut_short.hear(state)
        if self._services.situation.latched:
            self._cut_short.drop()  # who says stop does not want to hear the rest
        for utterance in news(inbox, "speech/heard", Utterance):
            if utterance.role != "turn":
                self._hear_aside(utterance)
                continue
            for due in self._attention.take(utterance, free=not (self._executive.busy or self._executive.asking)):
                self._hear(due)
        for due in self._attention.tick():
            self._hear(due)
        if self._services.situation.latched and not self._stopped:
            self._deliberation.drop()  # what was asked for before a stop does not begin after it
        self._stopped = self._services.situation.latched
        thought = self._deliberation.tick()
        if thought is not None:
            self._settle(*thought)
        self._manner.tick()
        self._forgetting.tick(inbox)
        self._reminders.tick()
        for forgotten in news(inbox, "world/forgotten", Forgotten):
            self._conversation.forget(forgotten.person_id)
            self._reasons.forget(forgotten.person_id)
            self._services.tongues.forget(forgotten.person_id)
        if self._rearm.tick():
            self._go_on(nothing_is_worth_a_word=False)
        self._executive.tick()
        self._gaze.tick(free=not (self._executive.busy or self._executive.asking or self._attention.looks))
        outbox, self._services.outbox[:] = self._portions.published(self._services.outbox, free=self._nothing_is_asked), []
        return [*outbox, *self._reasons.watch(outbox)]

    def _keep_still(self) -> None:
        """What else moves the head leaves off."""
        self._gaze.leave()
        self._attention.leave()

    def close(self) -> Outbox:
        """See :class:`~robot_runtime.stage.Closing`."""
        self._deliberation.planner.close()
        return []

    # ------------------------------------------------------------ what people say

    def _hear_aside(self, utterance: Utterance) -> None:
        """What is no turn of one person.  A stop of several is one all the same; of words that were cut off nothing is done."""
        if utterance.role == "several" and utterance.intent == "stop":
            self._halt()
        elif utterance.role == "several":
            self._not_understood.one_at_a_time()
        elif utterance.role in ("backchannel", "overheard"):
            self._cut_short.go_on("")

    def _halt(self) -> None:
        """Somebody said stop: what is being done rests, and what is still being thought about is not begun."""
        self._deliberation.drop()
        self._executive.pause("a person said so")

    def _hear(self, utterance: Utterance) -> None:
        understood = utterance.intent != "" and utterance.confidence >= self._config.minimum_confidence
        self._services.tongues.hear(utterance, understood=understood)
        about_manner = manner_intent(utterance)
        if about_manner and utterance.confidence >= self._config.minimum_confidence:
            self._not_understood.understood()
            if about_manner != "longer" or not self._portions.go_on():  # "tell me more"
                self._manner.hear(about_manner, utterance)
            return
        if not understood:
            self._hear_unclear(replace(utterance, intent="", slots=()))
            return
        if self._is_unsure(utterance) and self._asks_what_was_said(utterance):
            return
        self._not_understood.understood()
        if utterance.intent != "resume":
            self._cut_short.drop()
        if utterance.intent in ("no", "choose") and self._corrects(utterance):
            self._hear_request(replace(utterance, intent="", slots=()))
            return
        if utterance.intent == "stop":
            self._halt()  # the gate's latch does not wait for this
        elif utterance.intent == "resume":
            self._hear_resume(utterance)
        elif utterance.intent in ("yes", "no"):
            self._hear_yes_or_no(utterance)
        elif utterance.intent in SPEAK:
            answer = self._services.tongues.ask(utterance.speaker_id, SPEAK[utterance.intent])
            self._services.say(answer, utterance.speaker_id, "answer")
        elif utterance.intent in WHY:
            purpose = TELLING if utterance.intent == WHAT_DONE else "answer"  # a reason is never told by halves
            self._services.say(self._reasons.answer(utterance), utterance.speaker_id, purpose)
        elif utterance.intent == "choose":
            self._hear_choice(utterance)
        else:
            self._hear_request(utterance)

    def _hear_unclear(self, utterance: Utterance) -> None:
        """Words that are not surely a sentence of the grammar."""
        chosen = self._doubt.choose(utterance)
        if chosen is not None:
            self._hear_request(chosen)
        elif utterance.free_text:
            self._hear_free(utterance)
        else:
            self._ask_again(utterance)

    def _is_unsure(self, utterance: Utterance) -> bool:
        """Whether a task that may as well be another one was asked for."""
        return utterance.confidence < self._config.sure_confidence and utterance.intent not in self._catalogue.dialogue

    def _asks_what_was_said(self, utterance: Utterance) -> bool:
        """Not while another question is open, or the gate's may be soon: a yes must have one meaning."""
        question = self._doubt.question(utterance) if self._nothing_else_is_asked and not self._portions.is_open else ""
        if question and not self._not_understood.say(utterance, question):
            self._doubt.drop()
        return question != ""

    def _ask_again(self, utterance: Utterance, heard: str = "") -> bool:
        """Of words that came to nothing.  Whether what was heard of them, if it was anything, is asked about."""
        if self._asks_what_was_said(utterance) or self._cut_short.go_on(""):
            return False
        self._not_understood.say(utterance, heard)
        return heard != ""

    def _hear_resume(self, utterance: Utterance) -> None:
        if self._services.situation.latched:
            self._rearm.ask(utterance)
        elif self._executive.paused or not (self._cut_short.go_on(utterance.speaker_id) or self._portions.go_on()):
            self._go_on(nothing_is_worth_a_word=True)

    def _hear_yes_or_no(self, utterance: Utterance) -> None:
        yes = utterance.intent == "yes"
        if yes and self._portions.go_on():
            return  # also where the gate has asked since: a yes that may mean either permits nothing
        if self._executive.decide(yes, utterance):
            self._offers.drop()  # the gate's question came later
            self._doubt.drop()
            return
        if yes:
            self._hear_acceptance(utterance)
            return
        was_open = self._clarification.is_open or self._offers.is_open or self._portions.is_open or self._deliberation.busy
        misheard = self._doubt.is_open
        self._drop_questions()
        self._deliberation.drop()
        account = self._executive.cancel()
        if account is not None or was_open:
            self._say("leave_it", utterance, "answer")
            self._services.say(account or "", utterance.speaker_id, "report")
        elif misheard:
            self._say("say_it_again", utterance, "question")

    def _hear_acceptance(self, utterance: Utterance) -> None:
        meant = self._doubt.accept(utterance)
        if meant is not None:
            self._hear_request(meant)
            return
        accepted = self._offers.accept(utterance)
        if accepted is None:
            return
        if accepted.intent == "forget":
            self._forgetting.ask(accepted.slots[0].value, accepted.speaker_id)
        else:
            self._hear_request(accepted)

    def _hear_choice(self, utterance: Utterance) -> None:
        if not (self._clarification.is_open or self._doubt.is_open):
            self._not_understood.say(utterance)
            return
        completed = self._doubt.choose(utterance) or self._clarification.answer(utterance)
        if completed is not None:
            self._hear_request(completed)

    def _hear_request(self, utterance: Utterance) -> None:
        if utterance.intent:  # of other words nothing is known yet: they may be a television's
            self._drop_questions()
        if self._services.situation.latched and utterance.intent not in QUESTIONS:
            self._say("standing_still", utterance, "refusal")
            return
        answer = self._deliberation.ask(self._request(utterance))
        if answer is not None:
            self._settle(utterance, answer)

    def _request(self, utterance: Utterance) -> Request:
        menu = menu_of(self._known, utterance.speaker_id, utterance.free_text or utterance.text)
        now_s = self._services.situation.now_s
        turns = self._conversation.with_person(utterance.speaker_id, now_s)
        return Request(utterance, menu, now_s, turns, self._services.situation.picture)

    def _hear_free(self, utterance: Utterance) -> None:
        """Words that are no sentence of the grammar."""
        if GivingUp(self._catalogue, language_of(utterance.language)).says(utterance.free_text):
            self._hear_yes_or_no(replace(utterance, intent="no"))
            return
        chosen = self._clarification.answer_freely(utterance)
        if chosen is not None:
            self._hear_request(chosen)
        elif not self._services.situation.latched:
            self._hear_request(utterance)
        else:
            self._ask_again(utterance)

    def _corrects(self, utterance: Utterance) -> bool:
        """Whether it is like "no, the blue one": that is more than a no."""
        more = len(utterance.free_text.split()) > (2 if utterance.intent == "no" else 0)
        before = self._conversation.with_person(utterance.speaker_id, self._services.situation.now_s)
        acted = any(turn.document.body is not None for turn in before)
        asked = self._clarification.is_open or self._doubt.is_open or self._executive.asking
        return more and acted and not asked

    def _settle(self, utterance: Utterance, answer: Answer) -> None:
        """Publish what the planner answered, and begin with it."""
        if answer.document.body is None and utterance.speaker_id and objects(utterance.free_text, language_of(utterance.language)):
            self._executive.pause("a person objected")  # what they do not want must not come about meanwhile
        if answer.document.body is None and not answer.document.say and answer.question is None:
            if self._ask_again(utterance, answer.heard):
                self._note(utterance, answer)
            return
        self._not_understood.understood()
        self._drop_questions()
        answer = self._with_offer(utterance, answer)
        now_s = self._services.situation.now_s
        self._plans += 1
        plan_id, planner = f"plan-{round(now_s * 1000)}-{self._plans}", answer.planner or self._deliberation.planner.name
        plan = published(answer.document, plan_id, utterance, planner, self._known, now_s)
        self._services.outbox.append(("plan", plan))
        if answer.question is not None:
            self._clarification.ask(utterance, answer.question)
        if answer.document.body is None:
            asks = answer.question or answer.offer or plan.say.endswith("?")
            purpose = "question" if asks else TELLING if answer.tells else "answer"
            self._services.say(plan.say, utterance.speaker_id, purpose)
        else:
            self._services.say(plan.say, utterance.speaker_id, "answer")
            self._executive.submit(plan, answer.document, utterance.text or utterance.free_text)
        self._note(utterance, answer)

    def _note(self, utterance: Utterance, answer: Answer) -> None:
        """So that the same person can refer to it in their next turn."""
        now_s, words = self._services.situation.now_s, utterance.free_text or utterance.text
        meant = _meant(utterance, answer, self._services.site)
        self._conversation.note(Turn(now_s, utterance.speaker_id, words, answer.document, meant))

    def _with_offer(self, utterance: Utterance, answer: Answer) -> Answer:
        """Ask what is offered too, unless the gate's question is open: a yes must have one meaning."""
        if answer.offer is None:
            return answer
        if self._executive.asking:
            first = answer.offer.intent == "forget"
            text = self._services.wording.sentence("my_question_first") if first else answer.document.say
            return said(text)
        self._offers.make(utterance, answer.offer)
        return replace(answer, document=replace(answer.document, say=f"{answer.document.say} {answer.offer.text}"))

    @property
    def _nothing_is_asked(self) -> bool:
        """A yes would mean nothing now."""
        return not self._doubt.is_open and self._nothing_else_is_asked

    @property
    def _nothing_else_is_asked(self) -> bool:
        """A yes would mean nothing, but for words that were not surely understood."""
        executive = self._executive
        return not (executive.asking or executive.considers or self._offers.is_open or self._clarification.is_open)

    def _drop_questions(self) -> None:
        self._doubt.drop()
        self._clarification.drop()
        self._offers.drop()
        self._portions.drop()

    def _go_on(self, *, nothing_is_worth_a_word: bool) -> None:
        resumed = self._executive.resume()
        if resumed is Resumed.GOING_ON:
            self._services.say(self._services.wording.sentence("going_on"), "", "notice")
        elif nothing_is_worth_a_word:
            self._services.say(self._services.wording.sentence("nothing_to_resume"), "", "answer")

    def _say(self, key: str, utterance: Utterance, purpose: str) -> None:
        self._services.say(self._services.wording.sentence(key), utterance.speaker_id, purpose)


def _meant(utterance: Utterance, answer: Answer, site: SemanticMap) -> tuple[str, ...]:
    """The things that a turn was about: those of its plan, else those that were asked about."""
    arguments = [argument for task in tasks(answer.document.body) for argument in task.step.arguments]
    planned = [a.value for a in arguments if a.name in ("object", "target") and a.value not in site.surfaces]
    asked = [slot.value for slot in utterance.slots if slot.name in ("object", "vessel")]
    return tuple(planned or asked or answer.about)
