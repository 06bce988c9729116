/**
 * Pattern of characters that a person does not see: controls, marks that reorder text, and characters that show
 * nothing, which could carry a hidden text. Tabs and line ends are none, nor is a selector right after an emoji or in a
 * keycap, nor a single joiner that an emoji or a script other than ours needs.
 */
export const invisible = new RegExp(
  String.raw`[\0-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f]` +
    String
      .raw`|[\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\u034f|\u17b4|\u17b5|[\u180b-\u180d\u180f]` +
    String.raw`|[\u{e0000}-\u{e0fff}]|[\ufe00-\ufe0d]|(?<!\p{Extended_Pictographic})[\ufe0e\ufe0f](?!\u20e3)` +
    String
      .raw`|(?<![\p{L}\p{M}\p{Extended_Pictographic}\ufe0f])[\u200c\u200d]|[\u200c\u200d](?![\p{L}\p{Extended_Pictographic}])` +
    String.raw`|(?<=[\0-\u024f])[\u200c\u200d]|[\u200c\u200d](?=[\0-\u024f])`,
  "gu"
)

/** Pattern of line ends other than `\n` that some reader knows. */
export const oddLineEnds = /\r\n|[\r\v\f\u0085\u2028\u2029]/g
