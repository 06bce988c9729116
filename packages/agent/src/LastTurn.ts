// Texts that tell the model to come to an end. Appended to the last message, so that the prompt before it stays cached.

/** Number of the turn that begins. */
export const count = (turn: number, limit: number): string => `Turn ${turn} of ${limit}.`

/** Instruction before the last turn. */
export const demand = (toolName: string): string =>
  `This is your last turn. Call ${toolName} now, with everything that you have confirmed so far, and call nothing ` +
  "else. What is not in it is lost."

/** Instruction after a last turn that did not submit. */
export const order = (toolName: string, notes: string): string =>
  [
    "Your turns are used up: no other tool is available any more.",
    ...(notes === "" ? [] : [`Your investigation notes:\n\n<notes>\n${notes}\n</notes>`]),
    `Call ${toolName} now, with the findings that you have confirmed. If there are none, hand in the summary alone.`
  ].join("\n\n")

/** Instruction after an answer in prose. */
export const nudge = (toolName: string): string =>
  `Text alone reaches nobody. If your work is done, hand it in by calling ${toolName}; if it is not, go on with it.`

/** Instruction after an answer that was cut off. */
export const shorterTexts = (toolName: string): string =>
  "Your answer was cut off because it was too long, and what was incomplete in it is lost. Go on in smaller steps; if " +
  `you were about to call ${toolName}, call it again with shorter texts.`
