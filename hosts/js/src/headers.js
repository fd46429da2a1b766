// Fields of a flat list as Headers of the Fetch standard.
export function addFields(headers, fields) {
    for (let i = 0; i < fields.length; i += 2)
        headers.append(fields[i], fields[i + 1]);
    return headers;
}
