// Options by a table, a row for each name: [default, check, what it must be]. An unknown name is an error that names
// the nearest option.

// Insertions, deletions and changes of a letter that turn one name into the other (Levenshtein).
function distance(a, b) {
    let row = Array.from({ length: b.length + 1 }, (_, i) => i);
    for (let i = 1; i <= a.length; i++) {
        const next = [i];
        for (let j = 1; j <= b.length; j++)
            next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
        row = next;
    }
    return row[b.length];
}

// A part of a name counts as near: instances, for maxInstances.
function nearest(name, known) {
    const plain = name.toLowerCase().replace(/[-_]/g, '').slice(0, 64);
    const rated = known.map((option) => {
        const other = option.toLowerCase();
        const isPart = plain.length > 2 && (other.includes(plain) || plain.includes(other));
        return { option, edits: isPart ? Math.min(1, distance(plain, other)) : distance(plain, other) };
    });
    rated.sort((a, b) => a.edits - b.edits);
    return rated[0].edits <= Math.max(1, plain.length / 3) ? rated[0].option : null;
}

function unknown(name, known) {
    const near = nearest(name, known), hint = near === null ? '' : ` Did you mean "${near}"?`;
    return new TypeError(`there is no option "${name}".${hint} The options are: ${known.join(', ')}`);
}

// The options by name, each checked; a default where none is given.
export function readTable(table, given = {}) {
    if (typeof given !== 'object' || given === null)
        throw new TypeError('the options must be an object');
    const known = Object.keys(table);
    for (const name of Object.keys(given))
        if (!Object.hasOwn(table, name))
            throw unknown(name, known);
    const options = {};
    for (const [name, [fallback, check, what]] of Object.entries(table)) {
        options[name] = given[name] ?? fallback;
        if (!check(options[name]))
            throw new TypeError(`the option "${name}" must be ${what}`);
    }
    return options;
}
