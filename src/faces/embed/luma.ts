/** Shares of red, green and blue in brightness: ITU-R BT.601. */
export const lumaWeights = [0.299, 0.587, 0.114] as const;
