import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalEmail, emailSchema, isEmail } from '../lib/e-mail.ts';

const ROCKET = '🚀';

describe('An e-mail', () => {
  test.each([
    'a@b',
    'Ada.Lovelace+x@example.com',
    'ü🚀@bücher.example',
    '"quoted"@[127.0.0.1]',
    "a/b\\c?d#e%f'g;h`i@x",
    'a@b.',
    `${'x'.repeat(252)}@b`,
    `${ROCKET.repeat(252)}@b`,
    'кот@пример.example',
    'e\u0301@x',
  ])('may be %j', (email) => {
    expect(isEmail(email)).toBe(true);
  });

  test.each<readonly [what: string, value: unknown]>([
    ['a number', 5],
    ['nothing', undefined],
    ['an e-mail in a list', ['a@b']],
    ['empty', ''],
    ['without @', 'ada'],
    ['with two @', 'a@b@c'],
    ['with nothing before the @', '@b'],
    ['with nothing after the @', 'a@'],
    ['an @ alone', '@'],
    ['with a space', 'a b@c'],
    ['with a line break at its end', 'a@b\n'],
    ['with a no-break space', 'a\u00A0b@c'],
    ['with an unusual space', 'a\u3000b@c'],
    ['with a line separator', 'a\u2028b@c'],
    ['with a control character', 'a\u0000@b'],
    ['with a delete character', 'a\u007F@b'],
    ['with a C1 control character', 'a\u0085@b'],
    ['with a zero width space', 'a\u200Bda@b'],
    ['with a zero width joiner', 'a\u200Dda@b'],
    ['with a soft hyphen in its domain', 'ada@exam\u00ADple.com'],
    ['written from right to left', 'ada\u202E@b'],
    ['with a byte order mark', '\uFEFFada@b'],
    ['with an invisible tag', 'ada\u{E0041}@b'],
    ['in angle brackets', '<ada@b>'],
    ['with < alone', 'a<da@b'],
    ['with > alone', 'ada@b>'],
    ['with the Kelvin sign', '\u212Aate@b'],
    ['with the Kelvin sign in its domain', 'ada@\u212A.example'],
    ['with the Greek question mark', 'a\u037Eb@c'],
    ['with the Greek varia', 'a\u1FEFb@c'],
    ['with half a character', '\uD83Da@b'],
    ['255 characters long', `${'x'.repeat(253)}@b`],
    ['255 characters of two code units long', `${ROCKET.repeat(253)}@b`],
    ['a mebibyte long', `${'x'.repeat(1_048_576)}@b`],
  ])('may not be %s', (_, value) => {
    expect(isEmail(value)).toBe(false);
    expect(emailSchema.safeParse(value).success).toBe(false);
  });
});

describe('The canonical form of an e-mail', () => {
  test.each([
    ['Ada@Example.COM', 'ada@example.com'],
    ['ada@example.com', 'ada@example.com'],
    ['"A b"@X', '"a b"@x'],
    // No letter but A to Z is folded.
    ['ÄDA@x', 'Äda@x'],
    ['İ@x', 'İ@x'],
    ['ẞ@x', 'ẞ@x'],
    ['ΑΔΑ@x', 'ΑΔΑ@x'],
    // NFC.
    ['e\u0301@x', '\u00E9@x'],
    ['A\u030A@x', '\u00C5@x'],
    ['h\u0331@x', '\u1E96@x'],
    ['H\u0331@x', '\u1E96@x'],
    // The domain in ASCII.
    ['a@bücher.example', 'a@xn--bcher-kva.example'],
    ['a@BÜCHER.Example', 'a@xn--bcher-kva.example'],
    ['a@bu\u0308cher.example', 'a@xn--bcher-kva.example'],
    ['a@XN--Bcher-KVA.example', 'a@xn--bcher-kva.example'],
    ['a@faß.example', 'a@xn--fa-hia.example'],
    ['a@FAẞ.example', 'a@xn--fa-hia.example'],
    ['a@ｅｘａｍｐｌｅ。com', 'a@example.com'],
    ['ü@bücher.example', 'ü@xn--bcher-kva.example'],
    ['a@ü.', 'a@xn--tda.'],
    // A domain that UTS #46 cannot take is like the local part.
    ['a@XN--A.Ü', 'a@xn--a.Ü'],
    ['a@X\uFFFDY', 'a@x\uFFFDy'],
    ['a@[IPv6:::1]', 'a@[ipv6:::1]'],
    // And it is never read as a URL: another server's user would be taken for this one.
    ['a@Bank.example/Eve', 'a@bank.example/eve'],
    ['a@Bank.example?Eve', 'a@bank.example?eve'],
    ['a@Bank.example#Eve', 'a@bank.example#eve'],
    ['a@Bank.example\\Eve', 'a@bank.example\\eve'],
    ['a@Bank.example:80', 'a@bank.example:80'],
    ['a@b%61nk.example', 'a@b%61nk.example'],
    ['a@bü/c', 'a@bü/c'],
    ['a@bank.example／eve', 'a@bank.example／eve'],
    ['a@1', 'a@1'],
    ['a@0x7F.1', 'a@0x7f.1'],
    ['a@127.1', 'a@127.1'],
    ['a@１２７.1', 'a@127.1'],
    ['a@1.2.3.4', 'a@1.2.3.4'],
  ])('of %j is %j', (email, canonical) => {
    expect(canonicalEmail(email)).toBe(canonical);
  });

  const side = fc
    .string({
      unit: fc.oneof(fc.constantFrom('H', '\u0331', 'Ü', 'ß', '.', '\u0308'), binary()),
      minLength: 1,
    })
    .filter((text) => isEmail(`${text}@x`));

  test('is that of itself, in NFC and without A to Z', () => {
    fc.assert(
      fc.property(side, side, (local, domain) => {
        const canonical = canonicalEmail(`${local}@${domain}`);
        expect(canonicalEmail(canonical)).toBe(canonical);
        expect(canonical.normalize('NFC')).toBe(canonical);
        expect(canonical).not.toMatch(/[A-Z]/);
        expect(canonical.split('@')).toHaveLength(2);
      }),
      { numRuns: 1000 },
    );
  });

  test('is the same for each way to write the same, and no letter outside A to Z is folded', () => {
    fc.assert(
      fc.property(side, (local) => {
        const same = (one: string, other: string) =>
          expect(canonicalEmail(`${one}@x.example`)).toBe(canonicalEmail(`${other}@X.EXAMPLE`));
        same(local, local.normalize('NFD'));
        const composed = local.normalize('NFC');
        const capitals = composed.replace(/[a-z]/g, (letter) => letter.toUpperCase());
        // A capital may make another character, which is not folded, with the mark behind it.
        if (!/[a-z]\p{M}/u.test(composed)) same(local, capitals);
        const isAscii = (text: string) => /^[\x21-\x7E]*$/.test(text);
        if (isAscii(local)) return;
        const others = local.normalize('NFC').replace(/[\x21-\x7E]/g, '');
        expect(canonicalEmail(`${others}@x`)).toBe(`${others.normalize('NFC')}@x`);
      }),
      { numRuns: 1000 },
    );
  });

  test('has a domain of letters, digits and hyphens as browsers have it', () => {
    const label = fc.stringMatching(/^[a-zà-ÿа-я][a-zà-ÿа-я0-9]{0,9}$/);
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), (labels) => {
        const domain = labels.join('.');
        expect(canonicalEmail(`a@${domain}`)).toBe(`a@${domainToASCII(domain) || domain}`);
      }),
    );
  });
});

function binary() {
  return fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });
}
