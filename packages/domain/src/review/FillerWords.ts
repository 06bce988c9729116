/** Words that carry no claim and often change when the same defect is described again, or that come with a number. */
export const fillers = new Set(
  ("a an and are as at be because been but by can cannot could did do does for from had has have here how if in into is it " +
    "its line lines may might must not of on or shall should so such than that the their then there these they this those to was " +
    "were when where which while will with would you your " +
    "aber als am auch auf aus bei bis da das dass dem den der des die dies diese dieser durch ein eine einem einen einer es für " +
    "hat hier im ist kann kein keine mit nach nicht noch nur oder sein sich sie sind über um und von vor war wenn werden wie wird " +
    "zu zum zur " +
    "au aux avec ce ces cet cette comme dans de donc du elle en est et être il la le les leur lorsque mais ne ou où par pas peut " +
    "plus pour quand que qui sa sans se ses si son sont sur un une " +
    "al como con cuando del el ella esta este esto lo los las más muy para pero por porque puede se ser si sin su sus una uno y ya " +
    "ao aos com da das do dos ele ela essa esse foi já mais mas na nas não nem nos ou pela pelo quando são sem seu sua também tem um uma " +
    "alla anche che chi ci con cui da dal della delle di gli nel nella non per però più può quando quello questa questo sono sua sul tra un " +
    "een het is maar met niet of om op te van voor wordt zijn zo " +
    "без бы быть был была было в во все где для до его если есть еще же за и из или их как когда ли может на не нет но о от по при с так то " +
    "только у что чтобы это этот " +
    "因为 因此 所以 如果 这里 这个 那么 可能 需要 应该 没有 可以 进行 使用 时候 将会 会在 こと する され れる ます です ない ある いる して から ため より")
    .split(" ")
)
