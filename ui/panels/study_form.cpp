#include "ui/panels/study_form.h"

#include "core/study.h"
#include "ui/format.h"

#include <QAction>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLocale>
#include <QMenu>
#include <QSignalBlocker>
#include <QSpinBox>

#include <algorithm>
#include <limits>

namespace headroom::ui {

namespace {

constexpr int kMostRequests = 10'000'000, kMostReplications = 200;

template <class Box>
void addRow(QFormLayout* form, Box* box, const QString& label, const QString& tip)
{
    box->setAccessibleName(label);
    box->setToolTip(tip);
    box->setKeyboardTracking(false);
    box->setGroupSeparatorShown(true);
    box->setAlignment(Qt::AlignRight);
    form->addRow(label, box);
}

} // namespace

StudyForm::StudyForm(QWidget* parent)
    : QWidget(parent),
      m_settings(std::make_unique<StudySettings>()),
      m_seed(new QSpinBox),
      m_requests(new QSpinBox),
      m_replications(new QSpinBox),
      m_warmup(new QSpinBox),
      m_horizon(new QDoubleSpinBox),
      m_until(new QDoubleSpinBox)
{
    auto* form = new QFormLayout(this);
    m_seed->setRange(0, std::numeric_limits<int>::max());
    addRow(form, m_seed, tr("Seed"), tr("Of the random streams: the same seed gives the same numbers"));
    m_requests->setRange(1, kMostRequests);
    m_requests->setSingleStep(10'000);
    addRow(form, m_requests, tr("Requests"), tr("Of each replication"));
    m_horizon->setRange(0, 1e9);
    m_horizon->setDecimals(0);
    m_horizon->setSuffix(tr(" s"));
    m_horizon->setSpecialValueText(tr("all requests"));
    addRow(form, m_horizon, tr("Horizon"), tr("Simulated time after which a run ends even with requests left"));
    m_replications->setRange(1, kMostReplications);
    addRow(form, m_replications, tr("Replications"), tr("Independent runs: with one there is no interval"));
    m_until->setRange(0, 50);
    m_until->setDecimals(1);
    m_until->setPrefix(tr("± "));
    m_until->setSuffix(tr(" %"));
    m_until->setSpecialValueText(tr("no more"));
    addRow(form, m_until, tr("More until"),
        tr("Replications are added until the p95 of TTFT and E2E are known to this share of themselves"));
    m_warmup->setRange(-1, kMostRequests);
    m_warmup->setSpecialValueText(tr("5 %"));
    addRow(form, m_warmup, tr("Warm-up"), tr("First requests that the statistics leave out"));
    for (QSpinBox* box : {m_seed, m_requests, m_replications, m_warmup})
        connect(box, &QSpinBox::valueChanged, this, &StudyForm::read);
    for (QDoubleSpinBox* box : {m_horizon, m_until})
        connect(box, &QDoubleSpinBox::valueChanged, this, &StudyForm::read);
    fill();
}

StudyForm::~StudyForm() = default;

void StudyForm::display(const StudySettings& settings)
{
    if (settings == *m_settings)
        return; // what somebody types just now stays
    *m_settings = settings;
    fill();
}

void StudyForm::fill()
{
    const StudySettings& settings = *m_settings;
    const QSignalBlocker a(m_seed), b(m_requests), c(m_replications), d(m_warmup), e(m_horizon), f(m_until);
    m_seed->setValue(static_cast<int>(std::min<std::uint64_t>(settings.seed, std::numeric_limits<int>::max())));
    m_requests->setValue(static_cast<int>(std::min<std::uint64_t>(settings.requests, kMostRequests)));
    m_replications->setValue(settings.replications);
    m_warmup->setValue(
        settings.warmup ? static_cast<int>(std::min<std::uint64_t>(*settings.warmup, kMostRequests)) : -1);
    m_horizon->setValue(settings.horizon.value_or(0));
    m_until->setValue(100 * settings.untilCi.value_or(0));
}

void StudyForm::read()
{
    m_settings->seed = static_cast<std::uint64_t>(m_seed->value());
    m_settings->requests = static_cast<std::uint64_t>(m_requests->value());
    m_settings->replications = m_replications->value();
    m_settings->warmup =
        m_warmup->value() < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(m_warmup->value()));
    m_settings->horizon = m_horizon->value() > 0 ? std::optional(m_horizon->value()) : std::nullopt;
    m_settings->untilCi = m_until->value() > 0 ? std::optional(m_until->value() / 100) : std::nullopt;
    emit changed(*m_settings);
}

QString settingsText(const StudySettings& settings)
{
    return StudyForm::tr("%1 requests, seed %2")
        .arg(number(static_cast<double>(settings.requests), 9), QString::number(settings.seed));
}

PolicyMenu::PolicyMenu(QMenu* menu) : QObject(menu)
{
    menu->setToolTipsVisible(true);
    for (const PolicyPreset& preset : policyPresets()) {
        QAction* action = menu->addAction(text(preset.label));
        action->setToolTip(text(preset.help));
        action->setStatusTip(text(preset.help));
        action->setCheckable(true);
        action->setData(text(preset.id));
        connect(action, &QAction::triggered, this, &PolicyMenu::read);
        m_actions.push_back(action);
    }
}

void PolicyMenu::display(const StudySettings& settings)
{
    const bool full = settings.policies.size() >= StudySettings::kMostPolicies;
    for (QAction* action : m_actions) {
        const bool on = std::ranges::count(settings.policies, action->data().toString().toStdString()) > 0;
        action->setChecked(on);
        action->setEnabled(on || !full);
    }
}

QAction* PolicyMenu::action(std::string_view preset) const
{
    const auto found =
        std::ranges::find_if(m_actions, [&](QAction* a) { return a->data().toString() == text(preset); });
    return found == m_actions.end() ? nullptr : *found;
}

void PolicyMenu::read()
{
    std::vector<std::string> policies;
    for (const QAction* action : m_actions)
        if (action->isChecked())
            policies.push_back(action->data().toString().toStdString());
    emit chosen(policies);
}

} // namespace headroom::ui
