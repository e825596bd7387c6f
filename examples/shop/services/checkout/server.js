// GET /carts/{id}, PUT /carts/{id}/items/{sku} {"quantity": n}, GET /healthz
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { priceCart } from './cart.js';
import { memoryStore, redisStore } from './store.js';

/** `findProduct(sku)` gives a product or null. */
export function createServer({ store, findProduct }) {
  async function cart(id) {
    const items = await store.items(id);
    const found = await Promise.all(items.map(({ sku }) => findProduct(sku)));
    const products = new Map(found.filter(Boolean).map((product) => [product.sku, product]));
    return { id, ...priceCart(items, products) };
  }

  return http.createServer(async (request, response) => {
    const send = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    try {
      const [resource, id, part, sku] = request.url.split('?')[0].slice(1).split('/').map(decodeURIComponent);
      if (request.method === 'GET' && resource === 'healthz') return send(200, { status: 'ok' });
      if (resource !== 'carts' || !id) return send(404, { error: 'not found' });
      if (request.method === 'GET' && !part) return send(200, await cart(id));
      if (request.method === 'PUT' && part === 'items' && sku) {
        const { quantity } = await readJSON(request);
        if (!Number.isInteger(quantity) || quantity < 0) {
          return send(400, { error: 'quantity must be a whole number, 0 or more' });
        }
        if (!(await findProduct(sku))) return send(404, { error: `no product ${JSON.stringify(sku)}` });
        await store.set(id, sku, quantity);
        return send(200, await cart(id));
      }
      return send(404, { error: 'not found' });
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof URIError) return send(400, { error: 'bad request' });
      console.error(error);
      return send(502, { error: 'the catalogue or the cart store does not answer' });
    }
  });
}

/** Looks products up in the catalog service. */
export function catalogClient(baseURL) {
  return async (sku) => {
    const response = await fetch(`${baseURL}/products/${encodeURIComponent(sku)}`, { signal: AbortSignal.timeout(2000) });
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`catalog: ${response.status} for ${sku}`);
    return response.json();
  };
}

async function readJSON(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  const body = JSON.parse(text);
  if (body === null || typeof body !== 'object') throw new SyntaxError('an object was expected');
  return body;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { CATALOG_URL = 'http://127.0.0.1:8081', REDIS_URL, PORT = '8080' } = process.env;
  const store = REDIS_URL ? redisStore(REDIS_URL) : memoryStore();
  const server = createServer({ store, findProduct: catalogClient(CATALOG_URL) });
  server.listen(Number(PORT), () => console.log(`checkout listens on ${server.address().port}`));
  process.once('SIGTERM', () => server.close());
}
