// The routes of routes.mjs as a Hono app in a Worker; bench/js bundles it.
import { Hono } from 'hono';
import { addRoutes } from './hono-routes.mjs';

export default addRoutes(new Hono());
