// Topics of one app: who gets what is published. Names are texts, and a message reaches every subscriber in every
// instance, the sender included.
export class Topics {
    constructor() {
        this.rows = new Map();
    }

    join(socket, name) {
        const sockets = this.rows.get(name);
        if (sockets === undefined)
            this.rows.set(name, new Set([socket]));
        else
            sockets.add(socket);
    }

    part(socket, name) {
        const sockets = this.rows.get(name);
        sockets?.delete(socket);
        if (sockets?.size === 0)
            this.rows.delete(name);
    }

    publish(name, kind, data) {
        for (const socket of [...this.rows.get(name) ?? []])
            socket.deliver(kind, data);
    }
}
