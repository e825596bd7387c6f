// Where carts live: in this process, or in Redis when REDIS_URL is set.
import net from 'node:net';

export function memoryStore() {
  const carts = new Map();
  return {
    async items(cart) {
      return [...(carts.get(cart) ?? [])].map(([sku, quantity]) => ({ sku, quantity }));
    },
    async set(cart, sku, quantity) {
      const items = carts.get(cart) ?? new Map();
      if (quantity > 0) items.set(sku, quantity);
      else items.delete(sku);
      carts.set(cart, items);
    },
  };
}

/** One Redis hash a cart: two customers' clicks never overwrite each other's items. */
export function redisStore(url) {
  const { hostname, port } = new URL(url);
  const run = (...command) => redis(hostname, Number(port || 6379), command);
  return {
    async items(cart) {
      const flat = await run('HGETALL', `cart:${cart}`);
      const items = [];
      for (let i = 0; i < flat.length; i += 2) items.push({ sku: flat[i], quantity: Number(flat[i + 1]) });
      return items.sort((a, b) => a.sku.localeCompare(b.sku));
    },
    async set(cart, sku, quantity) {
      if (quantity > 0) await run('HSET', `cart:${cart}`, sku, String(quantity));
      else await run('HDEL', `cart:${cart}`, sku);
    },
  };
}

/** Sends one command (RESP 2, https://redis.io/docs/latest/develop/reference/protocol-spec/). */
function redis(host, port, command) {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = net.connect({ host, port });
    // latin1 keeps one character a byte, which is what RESP counts.
    socket.setEncoding('latin1').setTimeout(2000, () => socket.destroy(new Error('Redis did not answer in 2 s')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('Redis closed the connection')));
    socket.on('data', (chunk) => {
      received += chunk;
      const reply = parse(received, 0);
      if (!reply) return;
      if (reply.value instanceof Error) reject(reply.value);
      else resolve(reply.value);
      socket.end();
    });
    const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
    socket.write(`*${command.length}\r\n${parts.join('')}`);
  });
}

/** Reads one reply from `at` on; null while it is not all there yet. */
function parse(text, at) {
  const end = text.indexOf('\r\n', at);
  if (end < 0) return null;
  const head = text.slice(at + 1, end);
  const next = end + 2;
  switch (text[at]) {
    case '+':
      return { value: head, next };
    case '-':
      return { value: new Error(`Redis: ${head}`), next };
    case ':':
      return { value: Number(head), next };
    case '$': {
      if (head === '-1') return { value: null, next };
      const stop = next + Number(head);
      if (text.length < stop + 2) return null;
      return { value: Buffer.from(text.slice(next, stop), 'latin1').toString(), next: stop + 2 };
    }
    case '*': {
      const value = [];
      let from = next;
      for (let i = 0; i < Number(head); i += 1) {
        const element = parse(text, from);
        if (!element) return null;
        value.push(element.value);
        from = element.next;
      }
      return { value, next: from };
    }
    default:
      return { value: new Error(`Redis sent ${JSON.stringify(text[at])}, which is no reply`), next };
  }
}
