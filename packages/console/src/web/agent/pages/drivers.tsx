import type { ObjectSchema, Schema } from "@fustor/core";
import { useState } from "preact/hooks";
import type { DriverForm } from "../../../agent-api.js";
import { t } from "../../i18n/i18n.js";
import { CopyButton } from "../../shared/copy-button.js";
import { NameText } from "../../shared/name-text.js";
import { PageHead } from "../../shared/page-head.js";
import { Phrase } from "../../shared/phrase.js";
import { useAnswer } from "../../shared/polled.js";
import { ServerWords } from "../../shared/server-words.js";
import { Answered, Notice } from "../../shared/states.js";
import { listForms } from "../api.js";
import { faultOf } from "../form-faults.js";
import { toYaml, type Values } from "../yaml.js";

/** What the drivers of this agent can be told: a form of each, and the YAML to paste. */
export function DriversPage() {
  const known = useAnswer("drivers", listForms);
  return (
    <>
      <PageHead title={t("nav.drivers")} />
      <p class="quiet lead">{t("drivers.text")}</p>
      <Answered of={known} lines={5}>
        {(forms) =>
          forms.length === 0 ? (
            <Notice icon="empty" title={t("drivers.none")} />
          ) : (
            <div class="cards">
              {forms.map((form) => (
                <FormCard key={`${form.kind} ${form.type}`} form={form} />
              ))}
            </div>
          )
        }
      </Answered>
    </>
  );
}

function FormCard({ form }: { readonly form: DriverForm }) {
  const { kind, type, schema } = form;
  const [values, setValues] = useState<Values>({});
  const yaml = toYaml(form, values);
  return (
    <section class="card" aria-label={`${t(`drivers.${kind}`)} ${type}`}>
      <div class="card-head">
        <h2>
          <NameText name={type} />
        </h2>
        <span class="quiet">{t(`drivers.${kind}`)}</span>
      </div>
      <div class="form-pair">
        <form
          class="form-fields"
          onSubmit={(event) => {
            event.preventDefault();
          }}
        >
          <Fields
            schema={schema}
            prefix=""
            values={values}
            onChange={(pointer, value) => {
              setValues((before) => ({ ...before, [pointer]: value }));
            }}
          />
        </form>
        <div class="form-result">
          <pre
            tabIndex={0}
            role="region"
            aria-label={t("drivers.yaml", { driver: `${t(`drivers.${kind}`)} ${type}` })}
          >
            {yaml}
          </pre>
          <CopyButton text={yaml} label={t("action.copy")} />
        </div>
      </div>
    </section>
  );
}

interface FieldsProps {
  readonly schema: ObjectSchema;
  readonly prefix: string;
  readonly values: Values;
  readonly onChange: (pointer: string, value: string) => void;
}

function Fields({ schema, prefix, values, onChange }: FieldsProps) {
  return (
    <>
      {Object.entries(schema.properties).map(([name, property]) => {
        const pointer = `${prefix}/${name}`;
        if (property.type === "object") {
          return (
            <fieldset key={pointer}>
              <legend>
                <NameText name={name} />
              </legend>
              {property.description !== undefined && (
                <p class="quiet small">
                  <ServerWords text={property.description} />
                </p>
              )}
              <Fields schema={property} prefix={pointer} values={values} onChange={onChange} />
            </fieldset>
          );
        }
        const isRequired = schema.required?.includes(name) === true;
        return (
          <label class="field" key={pointer}>
            <span>
              <NameText name={name} />
              {isRequired && <b title={t("drivers.required")}> *</b>}
            </span>
            <Input
              schema={property}
              value={values[pointer] ?? ""}
              onChange={(value) => {
                onChange(pointer, value);
              }}
            />
            <FieldFault schema={property} typed={values[pointer] ?? ""} />
            {property.description !== undefined && (
              <span class="quiet small">
                <ServerWords text={property.description} />
              </span>
            )}
          </label>
        );
      })}
    </>
  );
}

/** Says at once what the agent would say when it starts. */
function FieldFault({ schema, typed }: { readonly schema: Schema; readonly typed: string }) {
  const fault = faultOf(schema, typed);
  if (fault === undefined) return null;
  const { key, values, means } = fault;
  const said = means === undefined ? values : { means: <ServerWords text={means} /> };
  return (
    <span class="bad small" role="alert">
      <Phrase of={key} values={said} />
    </span>
  );
}

interface InputProps {
  readonly schema: Exclude<Schema, ObjectSchema>;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Input({ schema, value, onChange }: InputProps) {
  const standard = standardOf(schema);
  const choices =
    schema.type === "boolean"
      ? ["true", "false"]
      : schema.type === "string"
        ? schema.enum
        : undefined;
  if (choices !== undefined) {
    return (
      <select
        value={value}
        onChange={({ currentTarget }) => {
          onChange(currentTarget.value);
        }}
      >
        <option value="">
          {standard === "" ? "–" : t("drivers.standard", { value: standard })}
        </option>
        {choices.map((each) => (
          <option key={each} value={each} translate={false}>
            {each}
          </option>
        ))}
      </select>
    );
  }
  const isNumber = schema.type === "integer" || schema.type === "number";
  const isSecret = schema.type === "string" && schema.secret === true;
  return (
    <input
      inputMode={isNumber ? "decimal" : "text"}
      placeholder={isSecret ? "${FUSTOR_KEY}" : standard}
      spellcheck={false}
      value={value}
      aria-invalid={faultOf(schema, value) !== undefined}
      onInput={({ currentTarget }) => {
        onChange(currentTarget.value);
      }}
    />
  );
}

/** What holds when nothing is typed, as it would be typed. */
function standardOf({ default: value }: InputProps["schema"]): string {
  if (value === undefined) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}
