import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { redisStore } from '../store.js';

/** A server that gives one reply to each connection, in small pieces, and notes what it was asked. */
async function redisThatSays(t, reply) {
  const asked = [];
  const server = net.createServer((socket) => {
    socket.once('data', (data) => {
      asked.push(data.toString());
      const bytes = Buffer.from(reply);
      socket.setNoDelay(true);
      for (let at = 0; at < bytes.length; at += 5) socket.write(bytes.subarray(at, at + 5));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { store: redisStore(`redis://127.0.0.1:${server.address().port}`), asked };
}

test('a cart is read from its hash, whatever pieces it arrives in', async (t) => {
  const { store, asked } = await redisThatSays(t, '*4\r\n$4\r\ntée\r\n$2\r\n12\r\n$3\r\nmug\r\n$1\r\n1\r\n');
  assert.deepEqual(await store.items('a'), [{ sku: 'mug', quantity: 1 }, { sku: 'tée', quantity: 12 }]);
  assert.deepEqual(asked, ['*2\r\n$7\r\nHGETALL\r\n$6\r\ncart:a\r\n']);
});

test('a quantity is written as a field of the hash, and 0 removes the field', async (t) => {
  const { store, asked } = await redisThatSays(t, ':1\r\n');
  await store.set('a', 'mug', 2);
  await store.set('a', 'mug', 0);
  assert.deepEqual(asked, [
    '*4\r\n$4\r\nHSET\r\n$6\r\ncart:a\r\n$3\r\nmug\r\n$1\r\n2\r\n',
    '*3\r\n$4\r\nHDEL\r\n$6\r\ncart:a\r\n$3\r\nmug\r\n',
  ]);
});

test('an error of Redis is an error here', async (t) => {
  const { store } = await redisThatSays(t, '-LOADING Redis is loading the dataset\r\n');
  await assert.rejects(store.items('a'), /LOADING/);
});
