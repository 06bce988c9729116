/** Words with which a reply consents, in the languages in which people reply. */
const consenting = "fixed|done|addressed|resolved|good (?:catch|point|find)|agreed?|right|thanks?|thank you|will fix|" +
  "makes sense|ack|ok(?:ay)?|sure|yes|" +
  "behoben|erledigt|gefixt|korrigiert|geändert|stimmt|danke|einverstanden|guter (?:fund|punkt)|gut gefunden|mach(?:e)? ich|ja|" +
  "corrigé|c['\u2019]est fait|merci|d['\u2019]accord|bien vu|oui|corregido|arreglado|listo|gracias|de acuerdo|sí|corrigido|feito|obrigad[oa]|sim|" +
  "corretto|fatto|grazie|d['\u2019]accordo|sì|исправлено|исправил[аи]?|готово|спасибо|согласен|согласна|да|poprawione|dzięki|" +
  "opgelost|bedankt"
const consentingUnspaced =
  "已修|已改|已解决|修好|改好|同意|谢谢|好的|收到|明白|修正しました|対応しました|直しました|了解|ありがとう|수정했|감사|알겠"

/** Words that take a consent back, or ask for more. */
const dissenting =
  "no|not|never|but|why|disagree|intended|intentional|on purpose|by design|false positive|wont|unless|instead|" +
  "nein|nicht|kein\\p{L}*|nie|aber|warum|wieso|absicht\\p{L}*|beabsichtigt|bewusst|gewollt|vorgesehen|sondern|doch|trotzdem|" +
  "non|pas|jamais|mais|pourquoi|voulu|intentionnel\\p{L}*|exprès|volontaire\\p{L}*|en fait|nunca|pero|intencional|adrede|não|mas|proposital|ma|perché|voluto|" +
  "intenzionale|нет|не|но|почему|намеренно|nie|ale|dlaczego|celowo|niet|maar|waarom|bewust"
const dissentingUnspaced = "不|没|但|故意|为什么|其实|误报|有意|意図|ません|しかし|でも|なぜ|아니|의도|하지만|왜"

const anyOf = (words: string, unspaced: string): RegExp =>
  new RegExp(String.raw`(?<![\p{L}\p{N}_])(?:${words})(?![\p{L}\p{N}_])|${unspaced}`, "iu")

const consent = anyOf(consenting, `${consentingUnspaced}|[\u{1F44D}\u2705]`)
const dissent = anyOf(dissenting, `${dissentingUnspaced}|n['\u2019]t(?![\\p{L}\\p{N}_])|[?？؟]`)

/** True if a reply leaves nothing to be settled. One that is not plain consent is for people to settle. */
export const agrees = (text: string): boolean => consent.test(text) && !dissent.test(text)
