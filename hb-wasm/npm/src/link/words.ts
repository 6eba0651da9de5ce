// The numbers that the module and its shell say to each other; one place here, one in hb-wasm/link/src/words.rs, whose test
// reads this file and holds the two equal. What each means is said there.

export const enum Say {
  Hello = 0,
  Publish = 1,
  Request = 2,
  Answer = 3,
  Unsubscribe = 4,
}

export const enum Heard {
  Message = 0,
  Connected = 1,
  Missed = 2,
  Refused = 3,
  Closed = 4,
}

export const enum Replied {
  Reply = 0,
  Failed = 1,
  Late = 2,
  Offline = 3,
  Closed = 4,
}

export const enum Happened {
  Online = 0,
  Offline = 1,
  Denied = 2,
}

export const enum Told {
  Welcome = 0,
  Refused = 1,
  Subscribed = 2,
  Message = 3,
  Missed = 4,
  Reply = 5,
  Failed = 6,
  Denied = 7,
}
