import { field, fill, setVisible } from "../lib/dom.js";
import { gettext } from "../lib/words.js";
import { DecisionCard } from "./decision_card.js";
import { drawFace } from "./face.js";

/** An agent asks; anyone who may post answers, in words or by one of its options. */
class QuestionCard extends DecisionCard {
  drawSubject(question) {
    fill(this, { agent: question.asked_by });
    drawFace(this, { kind: "agent", name: question.asked_by }, this.context.faces);
    setVisible(field(this, "question"), question.question);
    this.drawOptions(question.options ?? []);
  }

  /** Once: the card is drawn again with every event of the room, and a button taken away under a finger loses its click. */
  drawOptions(options) {
    const box = field(this, "options");
    if (box.childElementCount !== options.length) box.replaceChildren(...options.map(optionButton));
  }

  command(submitter) {
    const option = submitter?.name === "option" ? submitter.value : null;
    const content = option ?? this.form.elements.content.value.trim();
    if (!content) {
      this.say(gettext("Write an answer first."), "bad");
      return null;
    }
    const data = { question_id: this.subject.id, content, ...(option === null ? {} : { option }) };
    return { type: "question.answer", data };
  }
}

function optionButton(option) {
  const button = document.createElement("button");
  Object.assign(button, { className: "button", name: "option", value: option });
  setVisible(button, option);
  return button;
}

export function define() {
  customElements.define("question-card", QuestionCard);
}
