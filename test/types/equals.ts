// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- two functions are alike where their results are, for any T
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Takes a value whose type is exactly the expected one; any other does not compile, nor does `any`. */
export const equals =
  <Expected>() =>
  <Actual>(_value: Actual, ..._isSame: Equal<Actual, Expected> extends true ? [] : [never]): void => {};
