import { diagram } from './diagram.ts';

/** From a producer to the answer, and where what cannot be answered goes. */
export function journeyPicture(): string {
  return diagram(
    'How a request travels: from the producer through the requests queue to user-requested, which creates the user at its provider and answers; what SQS gives up goes to request-exhausted; dead letters go to the operators, and a copy to the product',
    [880, 330],
    [
      { at: [20, 60], size: [120, 56], name: 'your producer', words: ['signup, hook, …'], look: 'people' },
      { at: [200, 60], size: [150, 56], name: 'requests', words: ['SQS queue'], look: 'queue' },
      {
        at: [410, 50],
        size: [170, 76],
        name: 'user-requested',
        words: ['creates or adopts,', 'then answers'],
        look: 'work',
      },
      { at: [650, 60], size: [150, 56], name: 'completions', words: ['every answer'], look: 'queue' },
      { at: [420, 10], size: [150, 26], name: 'the provider', look: 'people' },
      {
        at: [190, 190],
        size: [170, 56],
        name: 'requests-exhausted',
        words: ['what SQS gave up'],
        look: 'queue',
      },
      { at: [410, 185], size: [170, 66], name: 'request-exhausted', words: ['answers for it'], look: 'work' },
      { at: [650, 190], size: [150, 56], name: 'dead-letters', words: ['why, whole request'], look: 'queue' },
      { at: [650, 280], size: [150, 34], name: 'your operators', look: 'people' },
      { at: [660, 10], size: [130, 28], name: 'your product', look: 'people' },
    ],
    [
      {
        through: [
          [140, 88],
          [198, 88],
        ],
      },
      {
        through: [
          [350, 88],
          [408, 88],
        ],
      },
      {
        through: [
          [495, 50],
          [495, 38],
        ],
      },
      {
        through: [
          [580, 80],
          [648, 80],
        ],
      },
      {
        through: [
          [725, 60],
          [725, 40],
        ],
      },
      {
        through: [
          [275, 116],
          [275, 188],
        ],
        words: 'the function died each time',
        wordsAt: [283, 160],
      },
      {
        through: [
          [360, 218],
          [408, 218],
        ],
      },
      {
        through: [
          [580, 218],
          [648, 218],
        ],
      },
      {
        through: [
          [560, 126],
          [560, 160],
          [640, 160],
          [690, 188],
        ],
        words: 'a person has to act',
        wordsAt: [568, 152],
      },
      {
        through: [
          [760, 190],
          [760, 118],
        ],
        words: 'a copy',
        wordsAt: [768, 156],
      },
      {
        through: [
          [725, 246],
          [725, 278],
        ],
      },
      {
        through: [
          [650, 297],
          [275, 297],
          [275, 270],
          [170, 270],
          [170, 150],
          [220, 114],
        ],
        words: 'npx usher letters redrive',
        wordsAt: [330, 314],
      },
    ],
  );
}

/** The three states of the gate before a connection. */
export function gatePicture(): string {
  return diagram(
    'The states of a connection: open; paused after refused credentials or five failures in a row; probing when a probe is due, and then open again or paused for longer',
    [760, 180],
    [
      {
        at: [30, 35],
        size: [150, 64],
        name: 'open',
        words: ['requests pass,', 'ten at a time'],
        look: 'open',
      },
      {
        at: [320, 35],
        size: [150, 64],
        name: 'paused',
        words: ['nobody is called,', 'requests wait'],
        look: 'paused',
      },
      { at: [580, 35], size: [150, 64], name: 'probing', words: ['one request finds out'], look: 'work' },
    ],
    [
      {
        through: [
          [180, 55],
          [318, 55],
        ],
        words: 'a 401, or a run of five',
        wordsAt: [186, 47],
      },
      {
        through: [
          [470, 55],
          [578, 55],
        ],
        words: '1, 5, 15, 60 min',
        wordsAt: [478, 47],
      },
      {
        through: [
          [578, 81],
          [472, 81],
        ],
        words: 'it failed',
        wordsAt: [500, 97],
      },
      {
        through: [
          [655, 99],
          [655, 155],
          [105, 155],
          [105, 101],
        ],
        words: 'it worked: everything goes on by itself',
        wordsAt: [270, 147],
      },
    ],
  );
}
