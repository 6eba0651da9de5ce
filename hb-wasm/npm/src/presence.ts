// The presence socket: its end tells the server within milliseconds that whoever opened it is gone, and the page takes
// commands over it. Not here: doing them (deeds.ts).

/** Answered beats that go by after a socket has ended; and after one that never opened, as behind a proxy that knows none. */
const PAUSE = 4;
const LONG_PAUSE = 1000;

/** One socket, or none; for a moment two, where the page takes something else now: whoever is there must not seem to have gone. */
export class Presence {
  /** Whether it is opened for its own sake, also where nothing is taken. */
  always = false;
  /** Answered beats that go by before the first, while a worker may open it instead. */
  hold = 0;
  #accepts = '';
  #socket: WebSocket | undefined;
  #old: WebSocket | undefined;
  #pause = 0;

  /** `asked` is told each command. */
  constructor(readonly asked: (text: string) => void) {}

  /** Answers a command. */
  answer(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  /** The page takes these commands, with commas, and no other. */
  take(accepts: string): void {
    if (accepts === this.#accepts) return;
    const old = this.#socket ?? this.#old;
    if (old !== this.#old) end(this.#old);
    this.#old = old;
    this.#socket = undefined;
    this.#accepts = accepts;
    this.#pause = 0;
    if (!accepts && !this.always) this.close();
  }

  /** A server that knows of this has answered a beat: the moment to open the socket, if there is none. */
  open(address: (query: string) => string | undefined): void {
    const accepts = this.#accepts;
    if (!(accepts || this.always) || this.#socket || this.hold-- > 0 || this.#pause-- > 0) return;
    this.#pause = LONG_PAUSE;
    // A template has no word for it.
    const url = address(accepts && '&accepts=' + accepts);
    if (!url) return;
    const socket = (this.#socket = new WebSocket(url.replace('http', 'ws')));
    socket.onopen = () => {
      this.#pause = PAUSE;
      end(this.#old);
      this.#old = undefined;
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#socket = undefined;
    };
    socket.onmessage = ({ data }) => this.asked(data as string);
  }

  /** The page is left, or has a worker now. */
  close(): void {
    end(this.#socket);
    end(this.#old);
    this.#socket = this.#old = undefined;
    this.#pause = 0;
  }
}

/** One that is not open yet is ended when it is: the browser would call it an error of the page. */
function end(socket: WebSocket | undefined): void {
  if (socket?.readyState) socket.close();
  else if (socket) socket.onopen = () => socket.close();
}
