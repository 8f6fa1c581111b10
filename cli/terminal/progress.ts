import { createLogUpdate } from 'log-update';
import wrapAnsi from 'wrap-ansi';
import { seconds } from './text.ts';

/** Tells a person on standard error how far the work is. */
export interface Progress extends Disposable {
  /** What is being done from now on; asked again and again, so that it can count. */
  show(status: () => string): void;
  /** Writes a line that stays. */
  tell(line: string): void;
  /** Lets something be written elsewhere that may be the same terminal. */
  aside(write: () => void): void;
  /** Since this progress began, as it tells itself. */
  elapsedMs(): number;
  /** Takes away what does not stay; doing it again does nothing. */
  end(): void;
}

type Target = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** What differs between a terminal and a file. */
interface Display {
  readonly everyMs: number;
  show(status: string, elapsedMs: number): void;
  hide(): void;
  end(): void;
}

/** One line that changes in place on a terminal; elsewhere a plain line now and then. */
export function createProgress(stream: Target): Progress {
  const isLive = stream.isTTY === true && process.env.TERM !== 'dumb';
  const display = isLive ? liveDisplay(stream) : plainDisplay(stream);
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  let status: (() => string) | undefined;
  const update = () => {
    if (status) display.show(status(), elapsedMs());
  };
  const timer = setInterval(update, display.everyMs).unref();

  const aside = (write: () => void) => {
    display.hide();
    write();
  };
  const end = () => {
    if (status) display.end();
    status = undefined;
    clearInterval(timer);
  };
  return {
    show(next) {
      status = next;
      update();
    },
    tell: (line) => aside(() => stream.write(`${line}\n`)),
    aside,
    elapsedMs,
    end,
    [Symbol.dispose]: end,
  };
}

const DEFAULT_COLUMNS = 80;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

function liveDisplay(stream: Target): Display {
  const render = createLogUpdate(stream);
  let frame = 0;
  return {
    everyMs: 100,
    show(status, elapsedMs) {
      frame = (frame + 1) % FRAMES.length;
      const line = `${FRAMES[frame]} ${status} · ${seconds(elapsedMs)}`;
      render(wrapAnsi(line, stream.columns ?? DEFAULT_COLUMNS));
    },
    hide: render.clear,
    end() {
      render.clear();
      render.done();
    },
  };
}

function plainDisplay(stream: Target): Display {
  let told = '';
  let toldAt = 0;
  return {
    everyMs: 1_000,
    show(status, elapsedMs) {
      if (status === told && elapsedMs - toldAt < 10_000) return;
      stream.write(`${status} · ${seconds(elapsedMs)}\n`);
      told = status;
      toldAt = elapsedMs;
    },
    hide() {},
    end() {},
  };
}
